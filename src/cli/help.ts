import { COMMON_OPTIONS, type CommandSpec, type OptionSpec } from './usage.js';

/** Lines are no longer than this, however wide a terminal is: they would be hard to read. */
const MAX_WIDTH = 120;
const MIN_WIDTH = 40;
/** Columns for what an explanation stands behind; what is longer has it on the next line. */
const MAX_LEFT = 34;

const EXAMPLES: readonly (readonly [line: string, what: string])[] = [
  ['cyclegan horse.jpg', 'writes horse.cyclegan.png with the small built-in model'],
  ['cyclegan download book/horse2zebra', 'fetches the full model'],
  ['cyclegan horse.jpg zebra.png -w book/horse2zebra', 'uses it; -w takes weight files, too'],
  ['cyclegan photos -r -o zebras', 'translates a folder with those below; --resume goes on'],
  ['cat horse.jpg | cyclegan - > zebra.png', 'from standard input to standard output'],
];

export interface HelpOptions {
  /** Whether every option is told of, or those that matter. */
  readonly all: boolean;
  /** Columns that there are. */
  readonly columns: number;
}

/** Columns for help: those of the terminal, where it goes to one. */
export function helpColumns(): number {
  return process.stdout.columns || Number(process.env.COLUMNS) || 80;
}

export function mainHelp(
  commands: readonly CommandSpec[],
  version: string,
  { all, columns }: HelpOptions,
): string {
  const [first, ...others] = commands;
  return [
    `cyclegan ${version}: PyTorch image-to-image generators on Node alone`,
    '',
    ...wrapped(`Usage: cyclegan ${first.usage}`, columns),
    '',
    'Examples',
    ...rows(EXAMPLES, columns),
    '',
    all ? `Options of ${first.name}` : 'Options',
    ...optionRows(all ? first.options : mattering(first), columns),
    ...(all ? ['', 'Options of every command', ...optionRows(COMMON_OPTIONS, columns)] : []),
    '',
    'Commands',
    ...rows(
      others.map(({ name, summary }) => [name, summary]),
      columns,
    ),
    '',
    ...wrapped(
      `${all ? '' : '"cyclegan --help --all" has every option, '}"cyclegan help COMMAND" what is to be known of one command. Exit codes: 0 done, 1 bad input, 2 bad usage.`,
      columns,
    ),
    '',
  ].join('\n');
}

export function commandHelp(spec: CommandSpec, { all, columns }: HelpOptions): string {
  const { name, usage, summary, notes = [], options } = spec;
  const few = mattering(spec);
  const isShort = !all && Object.keys(few).length > 0;
  return [
    ...wrapped(`cyclegan ${`${name} ${usage}`.trimEnd()}: ${summary}`, columns),
    '',
    ...(isShort ? notes.slice(0, 1) : notes).flatMap((note) => [...wrapped(note, columns), '']),
    'Options',
    ...optionRows(isShort ? few : { ...options, ...COMMON_OPTIONS }, columns),
    '',
    ...(isShort ? [...wrapped(`"cyclegan help ${name} --all" has the rest.`, columns), ''] : []),
  ].join('\n');
}

function mattering({ options }: CommandSpec): Readonly<Record<string, OptionSpec>> {
  return Object.fromEntries(Object.entries(options).filter(([, { matters }]) => matters));
}

function optionRows(
  options: Readonly<Record<string, OptionSpec>>,
  columns: number,
): readonly string[] {
  return rows(
    Object.entries(options).map(([name, { short, value, help }]) => [
      `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
      help,
    ]),
    columns,
  );
}

/** Two columns, the second of which is wrapped. */
function rows(pairs: readonly (readonly [string, string])[], columns: number): readonly string[] {
  const most = Math.min(MAX_LEFT, Math.floor(columns / 2));
  const longest = Math.max(...pairs.map(([left]) => left.length).filter((n) => n <= most), 0);
  const indent = longest + 4;
  return pairs.flatMap(([left, right]) => {
    const lines = wrapped(right, columns, indent);
    if (left.length > longest) return [`  ${left}`, ...lines];
    return [`  ${left}`.padEnd(indent) + lines[0].slice(indent), ...lines.slice(1)];
  });
}

/** Lines of text within so many columns. A word that is longer than a line has one for itself. */
export function wrapped(text: string, columns: number, indent = 0): readonly string[] {
  const width = Math.min(Math.max(columns, MIN_WIDTH), MAX_WIDTH) - 1;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (indent + longer.length > width && line !== '') {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((one) => ' '.repeat(indent) + one);
}
