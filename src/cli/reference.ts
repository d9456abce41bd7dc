import { COMMON_OPTIONS, type CommandSpec, type OptionSpec } from './usage.js';

/** The command's manual in Markdown, of the same definitions as `--help`: it is `docs/cli.md`. */
export function cliReference(commands: readonly CommandSpec[]): string {
  const [first] = commands;
  return `${[
    '# The command line',
    '',
    'Made by `npm run docs` from the definitions of `cyclegan --help`.',
    '',
    '```',
    ...commands.map(({ name, usage }) => `cyclegan ${name} ${usage}`.trimEnd()),
    '```',
    '',
    `Where no command is named, it is \`${first.name}\`. Data go to standard output, everything else to standard error.`,
    'Exit codes: 0 done, 1 bad input (or some pictures failed), 2 bad usage, 130, 141 and 143 interrupted (141: whoever read standard output went away). `--` ends options.',
    '',
    ...commands.flatMap((command) => section(command)),
    '## Options of every command',
    '',
    ...table(COMMON_OPTIONS),
    '',
    '## Environment',
    '',
    '| variable | |',
    '| --- | --- |',
    '| `CYCLEGAN_CACHE` | folder for downloaded models and for what was found out about this machine; empty: none. Default: the platform’s cache folder (`XDG_CACHE_HOME`) |',
    '| `CYCLEGAN_TOKEN` | tokens for hosts that want one: `huggingface.co=hf_…`, several with spaces between; each is sent to its host alone, by https |',
    '| `CYCLEGAN_NO_REVECTORIZE` | keeps machine code at 128 bits, as `--no-revectorize` |',
    '| `CYCLEGAN_NO_SUBGROUP_MATRICES` | keeps Dawn (the package `webgpu`) from offering drafts of WebGPU, and so leaves the matrix units of GPUs unused |',
  ].join('\n')}\n`;
}

function section({ name, usage, summary, options, notes = [] }: CommandSpec): string[] {
  const lines = [`## cyclegan ${`${name} ${usage}`.trimEnd()}`, '', sentence(summary), ''];
  for (const note of notes) lines.push(note, '');
  return Object.keys(options).length === 0 ? lines : [...lines, ...table(options), ''];
}

function table(options: Readonly<Record<string, OptionSpec>>): string[] {
  const rows = Object.entries(options).map(([name, { short, value, help }]) => {
    const flags = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
    return `| \`${flags.replaceAll('|', '\\|')}\` | ${help.replaceAll('|', '\\|')} |`;
  });
  return ['| option | |', '| --- | --- |', ...rows];
}

function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
