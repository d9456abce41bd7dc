import type { CommandSpec } from '../usage.js';
import { operandsOf, optionsOf, type Suggestions } from './words.js';

/** A script for fish. */
export function fishCompletion(commands: readonly CommandSpec[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const lines = commands.map(
    ({ name, summary }) =>
      `complete -c cyclegan -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
  );
  for (const [index, command] of commands.entries()) {
    const seen = `__fish_seen_subcommand_from ${command.name}`;
    // The default command's options also count where no command is named.
    const condition = quoted(
      index === 0 ? `not __fish_seen_subcommand_from ${names}; or ${seen}` : seen,
    );
    const operands = candidates(operandsOf(command, commands));
    lines.push(`complete -c cyclegan -n ${condition} ${operands}`);
    for (const { name, short, values, help } of optionsOf(command)) {
      const flag = short === undefined ? `-l ${name}` : `-l ${name} -s ${short}`;
      const value = values === null ? '' : ` -r ${candidates(values)}`;
      lines.push(`complete -c cyclegan -n ${condition} ${flag}${value} -d ${quoted(help)}`);
    }
  }
  return `# cyclegan completion for fish: cyclegan completion fish | source\n${lines.join('\n')}\n`;
}

function candidates({ words, extensions }: Suggestions): string {
  if (extensions === null) return words.length === 0 ? '-F' : `-F -a ${quoted(words.join(' '))}`;
  const files =
    extensions.length === 0
      ? []
      : [`(__fish_complete_suffix ${extensions.map((extension) => `.${extension}`).join(' ')})`];
  return `-f -k -a ${quoted([...words, ...files].join(' '))}`;
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
