import { CycleganError } from '../errors.js';
import { requireBuiltin } from '../platform/builtin.js';

/** The command line itself is wrong: exit code 2. */
export class UsageError extends CycleganError {
  constructor(message: string) {
    super('ERR_USAGE', message);
  }
}

/** One option, for parsing and for `--help`. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

export interface CommandSpec {
  readonly name: string;
  /** The argument part of the usage line. */
  readonly usage: string;
  readonly summary: string;
  /** Paragraphs for the manual, and for the command's `--help`. */
  readonly notes?: readonly string[];
  readonly options: Readonly<Record<string, OptionSpec>>;
}

export interface Invocation {
  readonly operands: readonly string[];
  /** The value of a string option; `undefined` when it was not given. */
  text(option: string): string | undefined;
  flag(option: string): boolean;
}

/** Options that every command takes. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  quiet: { type: 'boolean', short: 'q', help: 'print nothing but errors' },
  debug: { type: 'boolean', help: 'print engine details, and a stack trace with an error' },
  help: { type: 'boolean', short: 'h', help: 'print this help' },
  version: { type: 'boolean', short: 'V', help: 'print the version' },
};

/**
 * @throws UsageError for an option that the command does not have, with the one that was probably
 * meant, or for a value that is missing.
 */
export function parseCommandLine(spec: CommandSpec, args: readonly string[]): Invocation {
  const options = { ...spec.options, ...COMMON_OPTIONS };
  const { parseArgs } = requireBuiltin('util', 'The command line');
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(options).map(([name, { type, short }]) => [
        name,
        short === undefined ? { type } : { type, short },
      ]),
    ),
    strict: false,
    tokens: true,
  });
  const values = new Map<string, string | true>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const option = new Map(Object.entries(options)).get(token.name);
    if (option === undefined) {
      throw new UsageError(
        `Unknown option ${token.rawName}${suggestion(token.name, Object.keys(options))}`,
      );
    }
    if (option.type === 'string') checkValue(token, option, options);
    if (option.type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`${token.rawName} takes no value.`);
    }
    values.set(token.name, token.value ?? true);
  }
  return {
    operands,
    text: (name) => {
      const value = values.get(name);
      return typeof value === 'string' ? value : undefined;
    },
    flag: (name) => values.has(name),
  };
}

/** @throws UsageError where the value is missing, another option, or written as values of long options are. */
function checkValue(
  { rawName, value, inlineValue }: OptionToken,
  option: OptionSpec,
  options: Readonly<Record<string, OptionSpec>>,
): void {
  const usage = `${rawName} needs a value: ${rawName} ${option.value}`;
  if (value === undefined || value === '') throw new UsageError(`${usage}.`);
  const isShort = !rawName.startsWith('--');
  if (isShort && inlineValue && value.startsWith('=')) {
    throw new UsageError(`${rawName}${value}: a value follows ${rawName} without "=".`);
  }
  if (!inlineValue && isLikeOption(value, options)) {
    throw new UsageError(
      `${usage}, but ${value} looks like an option; for a file of that name, write ./${value}.`,
    );
  }
}

/** What `parseArgs` makes of an option. */
interface OptionToken {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function isLikeOption(text: string, options: Readonly<Record<string, OptionSpec>>): boolean {
  if (/^--./.test(text)) return true;
  return Object.values(options).some(({ short }) => short !== undefined && text === `-${short}`);
}

function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? '.' : `; did you mean --${near}?`;
}

/** Which of the known names was probably meant; `undefined` when none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  return known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .filter(({ distance }) => distance <= 2)
    .sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** Levenshtein's distance. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
