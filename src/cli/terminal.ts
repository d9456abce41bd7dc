import { requireBuiltin } from '../platform/builtin.js';
import { printable } from '../platform/printable.js';
import { writeMessage } from './standardOutput.js';

/** What a command says while it works. Everything goes to standard error; standard output is for data. */
export interface Terminal {
  /** A line that stays. */
  say(line: string): void;
  /** A line that the next one replaces; only where somebody is watching. */
  progress(line: string): void;
  /** A line for when all has gone well, behind all others: a hint that an error would be hidden behind. */
  sayAtEnd(line: string): void;
  /** Says what `sayAtEnd` has kept. */
  end(): void;
  /** Whether somebody is watching. */
  readonly isLive: boolean;
  /** Asks a question whose answer is yes or no. No, where nobody is there to answer. */
  confirm(question: string): Promise<boolean>;
  /** What removes the line of `progress`, for whoever writes past this. */
  clearLine(): string;
}

const CLEAR_LINE = '\r\u001b[K';

export function createTerminal({ quiet }: { readonly quiet: boolean }): Terminal {
  const live = !quiet && process.stderr.isTTY === true && process.env.TERM !== 'dumb';
  let open = false;
  const kept: string[] = [];
  const clearLine = () => {
    const clear = open ? CLEAR_LINE : '';
    open = false;
    return clear;
  };
  const say = (line: string) => {
    if (!quiet) writeMessage(`${clearLine()}${printable(line)}\n`);
  };
  return {
    isLive: live,
    clearLine,
    say,
    sayAtEnd: (line) => void kept.push(line),
    end: () => kept.splice(0).forEach(say),
    progress(line) {
      if (!live) return;
      const width = (process.stderr.columns || 80) - 1;
      writeMessage(`${CLEAR_LINE}${printable(line).slice(0, width)}`);
      open = true;
    },
    async confirm(question) {
      const { stdin, stderr } = process;
      if (quiet || stdin.isTTY !== true || stderr.isTTY !== true) return false;
      stderr.write(clearLine());
      return askYesNo(question, stdin, stderr);
    },
  };
}

/** Only a line that says yes is one: not an empty line, and not the end of the input. */
export function askYesNo(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<boolean> {
  const { createInterface } = requireBuiltin('readline', 'Asking');
  // Without line editing, Ctrl-C ends the process as it does elsewhere.
  const lines = createInterface({ input, terminal: false });
  output.write(`${printable(question)} [y/N] `);
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      resolve(/^\s*y(es)?\s*$/i.test(line));
      lines.close();
    });
    lines.once('close', () => resolve(false));
  });
}

/** A time for people to read in data: no finer than it is measured. */
export function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

/**
 * A value as JSON that a terminal can show, too: `JSON.stringify` leaves some control characters as they are. Whoever parses
 * it gets the same value.
 */
export function printableJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(/[^\P{C}\n]/gu, (c) =>
    Array.from({ length: c.length }, (_, i) => {
      return `\\u${c.charCodeAt(i).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}
