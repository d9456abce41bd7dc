import { COMMON_OPTIONS, type CommandSpec, type OptionSpec } from './usage.js';

export function mainHelp(commands: readonly CommandSpec[], version: string): string {
  const width = Math.max(...commands.map(({ name, usage }) => name.length + usage.length + 1));
  return [
    `cyclegan ${version}: PyTorch CycleGAN generators on Node alone`,
    '',
    'Examples',
    '  cyclegan horse.jpg zebra.png --weights horse2zebra_0.4.0.pth',
    '  cyclegan horse.jpg                   writes horse.cyclegan.png with the built-in model',
    '  cyclegan download book/horse2zebra   fetches the full model; then add --weights book/horse2zebra',
    '  cyclegan demo                        writes zebra.png from the built-in sample',
    '',
    'Commands',
    ...commands.map(
      ({ name, usage, summary }) => `  ${`${name} ${usage}`.padEnd(width + 2)}${summary}`,
    ),
    '',
    `Options of ${commands[0].name}`,
    ...optionLines(commands[0].options),
    '',
    'Options of every command',
    ...optionLines(COMMON_OPTIONS),
    '',
    'Exit codes: 0 done, 1 bad input, 2 bad usage.',
    '',
  ].join('\n');
}

export function commandHelp({ name, usage, summary, notes = [], options }: CommandSpec): string {
  return [
    `cyclegan ${name} ${usage}: ${summary}`,
    '',
    ...notes.flatMap((note) => [note, '']),
    'Options',
    ...optionLines({ ...options, ...COMMON_OPTIONS }),
    '',
  ].join('\n');
}

function optionLines(options: Readonly<Record<string, OptionSpec>>): string[] {
  const rows = Object.entries(options).map(([name, { short, value, help }]) => ({
    flags: `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
    help,
  }));
  const width = Math.max(...rows.map(({ flags }) => flags.length));
  return rows.map(({ flags, help }) => `  ${flags.padEnd(width + 2)}${help}`);
}
