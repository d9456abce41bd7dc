import { CycleganError } from '../errors.js';
import { requireBuiltin } from '../platform/builtin.js';
import { escapedName, readName } from '../platform/nameBytes.js';

/** The command line itself is wrong: exit code 2. */
export class UsageError extends CycleganError {
  override readonly name = 'UsageError';
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
  /** Whether it is shown when help is asked for without `--all`; where none is, all are. */
  readonly matters?: true;
  /** What its value can be, for completion. Default: a file, unless `value` or `choices` list what there is. */
  readonly completes?: Completion;
  /** Values that there are. */
  readonly choices?: readonly string[];
}

/** Names that a shell can complete. */
export type Completion = 'pictures' | 'weights' | 'models' | 'commands' | 'nothing';

export interface CommandSpec {
  readonly name: string;
  /** The argument part of the usage line. */
  readonly usage: string;
  readonly summary: string;
  /** Paragraphs for the manual, and for the command's `--help`. */
  readonly notes?: readonly string[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** What its words are, for completion. Default: any files. */
  readonly operands?: Completion;
  /** What to say to options that people look for here. */
  readonly hints?: Readonly<Record<string, string>>;
  /** Whether its words mean something else than files. */
  readonly namesNoFiles?: true;
}

export interface Invocation {
  readonly operands: readonly string[];
  /** The value of a string option; `undefined` when it was not given. Of several, the last. */
  text(option: string): string | undefined;
  /** All values of a string option, in their order. */
  texts(option: string): readonly string[];
  flag(option: string): boolean;
}

/** Options that every command takes. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  quiet: { type: 'boolean', short: 'q', help: 'print nothing but errors' },
  debug: { type: 'boolean', help: 'print engine details, and a stack trace with an error' },
  help: { type: 'boolean', short: 'h', help: 'print this help; with --all, every option' },
  all: { type: 'boolean', help: 'with --help: every option' },
  version: { type: 'boolean', short: 'v', help: 'print the version' },
};

/** What other programs call an option. */
const ALIASES = new Map([['V', 'version']]);

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
  const values = new Map<string, (string | true)[]>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const name = ALIASES.get(token.name) ?? token.name;
    const option = new Map(Object.entries(options)).get(name);
    if (option === undefined) throw unknownOption(args[token.index], token, spec, options);
    if (option.type === 'string') checkValue(token, option, options);
    if (option.type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`${token.rawName} takes no value.`);
    }
    values.set(name, [...(values.get(name) ?? []), token.value ?? true]);
  }
  const texts = (name: string) =>
    (values.get(name) ?? []).filter((value) => typeof value === 'string');
  return {
    operands,
    text: (name) => texts(name).at(-1),
    texts,
    flag: (name) => values.has(name),
  };
}

/**
 * Words of a command line are bytes, and those that are not UTF-8 would come as names of other files.
 * @throws UsageError for such a word, where the system tells.
 */
export function refuseOtherBytes(args: readonly string[]): void {
  if (!args.some((arg) => arg.includes('\ufffd'))) return;
  const words = commandLineBytes();
  const word = words.find((bytes) => !readName(bytes).isUtf8);
  if (word === undefined) return;
  throw new UsageError(
    `$'${escapedName(word)}': this is not UTF-8, and such a file cannot be opened here; rename it.`,
  );
}

/** @see proc(5), `/proc/PID/cmdline`; empty where there is none: those systems have other names of files. */
function commandLineBytes(): Buffer[] {
  const { readFileSync } = requireBuiltin('fs', 'The command line');
  try {
    return readFileSync('/proc/self/cmdline', 'latin1')
      .split('\0')
      .map((word) => Buffer.from(word, 'latin1'));
  } catch {
    return [];
  }
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
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function isLikeOption(text: string, options: Readonly<Record<string, OptionSpec>>): boolean {
  if (/^--./.test(text)) return true;
  return Object.values(options).some(({ short }) => short !== undefined && text === `-${short}`);
}

/** @param word The whole of what stands on the line. */
function unknownOption(
  word: string,
  { name, rawName }: Pick<OptionToken, 'name' | 'rawName'>,
  { hints = {} }: CommandSpec,
  options: Readonly<Record<string, OptionSpec>>,
): UsageError {
  const hint = new Map(Object.entries(hints)).get(name);
  if (hint !== undefined) return new UsageError(`There is no option ${rawName}: ${hint}.`);
  return new UsageError(`Unknown option ${rawName}${suggestion(word, name, Object.keys(options))}`);
}

/** @param word The whole of what stands on the line. */
function suggestion(word: string, name: string, known: readonly string[]): string {
  if (name === 'o' || name === 'output') {
    return ': this command prints, and a shell sends that to a file: > FILE.';
  }
  if (/^-[^-].*\.\w+$/.test(word)) return `; for a file of that name, write ./${word}.`;
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
