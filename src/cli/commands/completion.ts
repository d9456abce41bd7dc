import type { Shell } from '../requests/completion.js';
import { writeData } from '../standardOutput.js';
import type { Terminal } from '../terminal.js';
import { COMMON_OPTIONS, type CommandSpec } from '../usage.js';

/** @param commands All that there are. */
export async function runCompletion(
  shell: Shell,
  _terminal: Terminal,
  commands: readonly CommandSpec[],
): Promise<void> {
  await writeData(SCRIPTS[shell](commands));
}

const SCRIPTS: Readonly<Record<Shell, (commands: readonly CommandSpec[]) => string>> = {
  bash,
  zsh,
  fish,
};

/** `--name` of every option, and `-n` where there is one. */
function flagsOf({ options }: CommandSpec): string[] {
  return Object.entries({ ...options, ...COMMON_OPTIONS }).flatMap(([name, { short }]) =>
    short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`],
  );
}

/** Values that stand in the usage line as alternatives, `png|jpg`; nothing for others. */
function choicesOf(value: string | undefined): string[] {
  const parts = value?.split('|') ?? [];
  return parts.length > 1 ? parts.filter((part) => /^-?[a-z0-9.]+$/.test(part)) : [];
}

/** The first command is the default: without a name, its options count. */
function bash(commands: readonly CommandSpec[]): string {
  const cases = commands.map(
    (command) => `    ${command.name}) flags="${flagsOf(command).join(' ')}" ;;`,
  );
  const choices = new Map(
    commands.flatMap(({ options }) =>
      Object.entries(options).map(([name, { value }]) => [name, choicesOf(value)] as const),
    ),
  );
  const values = [...choices]
    .filter(([, words]) => words.length > 0)
    .map(([name, words]) => `    --${name}) words="${words.join(' ')}" ;;`);
  return `# cyclegan completion for bash: source <(cyclegan completion bash)
_cyclegan() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" flags words=""
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) flags="${flagsOf(commands[0]).join(' ')}" ;;
  esac
  case "$previous" in
${values.join('\n')}
  esac
  if [[ -n "$words" ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  elif [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
    if [[ $COMP_CWORD -eq 1 ]]; then
      COMPREPLY+=($(compgen -W "${commands.map(({ name }) => name).join(' ')}" -- "$current"))
    fi
  fi
}
complete -o filenames -F _cyclegan cyclegan
`;
}

function zsh(commands: readonly CommandSpec[]): string {
  const functions = commands.map((command) => {
    const lines = Object.entries({ ...command.options, ...COMMON_OPTIONS }).map(
      ([name, { short, value, help }]) => {
        const names = short === undefined ? `--${name}` : `{-${short},--${name}}`;
        const words = choicesOf(value);
        const action = words.length > 0 ? `:value:(${words.join(' ')})` : ':value:_files';
        return `    ${names}'[${forZsh(help)}]${value === undefined ? '' : action}' \\`;
      },
    );
    return `_cyclegan_${command.name}() {\n  _arguments \\\n${lines.join('\n')}\n    '*:file:_files'\n}`;
  });
  const names = commands.map(({ name, summary }) => `    '${name}:${forZsh(summary)}'`);
  const cases = commands.map(
    ({ name }) => `    ${name}) shift words; (( CURRENT-- )); _cyclegan_${name} ;;`,
  );
  return `#compdef cyclegan
# cyclegan completion for zsh: source <(cyclegan completion zsh)
${functions.join('\n')}
_cyclegan() {
  local -a names=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )) && [[ "$words[2]" != -* ]]; then
    _describe command names
    _files
    return
  fi
  case "$words[2]" in
${cases.join('\n')}
    *) _cyclegan_${commands[0].name} ;;
  esac
}
compdef _cyclegan cyclegan
`;
}

function forZsh(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&').replace(/'/g, "'\\''");
}

function fish(commands: readonly CommandSpec[]): string {
  const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const names = commands.map(({ name }) => name).join(' ');
  const lines = commands.map(
    ({ name, summary }) =>
      `complete -c cyclegan -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
  );
  for (const [index, { name, options }] of commands.entries()) {
    const seen = `__fish_seen_subcommand_from ${name}`;
    // The default command's options also count where no command is named.
    const condition = index === 0 ? `not __fish_seen_subcommand_from ${names}; or ${seen}` : seen;
    for (const [option, { short, value, help }] of Object.entries(options)) {
      const words = choicesOf(value);
      lines.push(
        [
          `complete -c cyclegan -n ${quoted(condition)} -l ${option}`,
          ...(short === undefined ? [] : [`-s ${short}`]),
          ...(value === undefined ? [] : ['-r']),
          ...(words.length === 0 ? [] : [`-f -a ${quoted(words.join(' '))}`]),
          `-d ${quoted(help)}`,
        ].join(' '),
      );
    }
  }
  for (const [option, { short, help }] of Object.entries(COMMON_OPTIONS)) {
    lines.push(
      `complete -c cyclegan -l ${option}${short === undefined ? '' : ` -s ${short}`} -d ${quoted(help)}`,
    );
  }
  return `# cyclegan completion for fish: cyclegan completion fish | source\n${lines.join('\n')}\n`;
}
