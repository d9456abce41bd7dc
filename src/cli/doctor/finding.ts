/** What was found out about one thing that this program needs, or could use. */
export interface Finding {
  readonly name: string;
  /** `note`: all works, but less well than it could, or something that is optional is missing. */
  readonly status: 'fine' | 'note' | 'problem';
  /** What was seen. */
  readonly evidence: string;
  /** The command, or setting, that mends it; `null` where there is nothing to mend, or nothing that could. */
  readonly cure: string | null;
}

export function fine(name: string, evidence: string): Finding {
  return { name, status: 'fine', evidence, cure: null };
}

export function note(name: string, evidence: string, cure: string | null): Finding {
  return { name, status: 'note', evidence, cure };
}

export function problem(name: string, evidence: string, cure: string | null): Finding {
  return { name, status: 'problem', evidence, cure };
}

/** A text as one word of a shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
