import type { CommandSpec } from '../usage.js';
import { flagsOf, operandsOf, optionsOf, type Suggestions } from './words.js';

/** A script for zsh. */
export function zshCompletion(commands: readonly CommandSpec[]): string {
  const [first] = commands;
  const names = commands.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`);
  const cases = commands.map(
    ({ name }) => `    ${name}) shift words; (( CURRENT-- )); _cyclegan_${name} ;;`,
  );
  return `#compdef cyclegan
# cyclegan completion for zsh: source <(cyclegan completion zsh)
${commands.map((command) => functionOf(command, commands)).join('\n')}
_cyclegan() {
  local -a names=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )) && [[ "$words[2]" != -* ]]; then
    _describe command names
    ${action(operandsOf(first, commands))}
    return
  fi
  case "$words[2]" in
${cases.join('\n')}
    *) _cyclegan_${first.name} ;;
  esac
}
compdef _cyclegan cyclegan
`;
}

function functionOf(command: CommandSpec, commands: readonly CommandSpec[]): string {
  const lines = optionsOf(command).map((option) => {
    const flags = flagsOf(option);
    const names = flags.length === 1 ? flags[0] : `{${flags.join(',')}}`;
    const value = option.values === null ? '' : `:value:${inWord(option.values)}`;
    return `    ${names}'[${quoted(option.help)}]${value}' \\`;
  });
  const operands = inWord(operandsOf(command, commands));
  return `_cyclegan_${command.name}() {\n  _arguments \\\n${lines.join('\n')}\n    '*:what:${operands}'\n}`;
}

/** An action within a word that stands in single quotes. */
function inWord(suggestions: Suggestions): string {
  return `{${action(suggestions)}}`.replace(/'/g, "'\\''");
}

function action({ words, extensions }: Suggestions): string {
  const parts = [
    ...(words.length > 0 ? [`compadd -- ${words.join(' ')}`] : []),
    ...(extensions === null ? ['_files'] : []),
    ...(extensions !== null && extensions.length > 0
      ? [`_files -g "*.(#i)(${extensions.join('|')})"`]
      : []),
  ];
  return parts.length === 0 ? '_message nothing' : parts.join('; ');
}

function quoted(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&').replace(/'/g, "'\\''");
}
