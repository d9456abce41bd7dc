import type { CommandSpec } from '../usage.js';
import { flagsOf, operandsOf, optionsOf, type Suggestions } from './words.js';

/** A script for bash. Of its first word, the default command's pictures and all commands are offered. */
export function bashCompletion(commands: readonly CommandSpec[]): string {
  const [first] = commands;
  const names = commands.map(({ name }) => name).join(' ');
  return `# cyclegan completion for bash: source <(cyclegan completion bash)
_cyclegan_files() {
  local current="$1" pattern="$2" file
  compgen -d -- "$current"
  if [[ "$pattern" == any ]]; then
    compgen -f -- "$current" | while IFS= read -r file; do [[ -d "$file" ]] || printf '%s\\n' "$file"; done
  elif [[ -n "$pattern" ]]; then
    compgen -f -- "$current" | grep -iE "\\.($pattern)$" | while IFS= read -r file; do [[ -d "$file" ]] || printf '%s\\n' "$file"; done
  fi
}
_cyclegan() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  local flags words="" pattern="" value="" item
  case "$command" in
${commands.map((command) => caseOf(command, commands)).join('\n')}
    *) command=${first.name}; ${settings(first, commands)} ;;
  esac
  case "$command $previous" in
${commands.flatMap(valueCases).join('\n')}
  esac
  COMPREPLY=()
  if [[ -z "$value" && "$current" == -* ]]; then
    words="$flags" pattern=""
  fi
  if [[ -n "$value" || "$current" != -* ]]; then
    while IFS= read -r item; do [[ -n "$item" ]] && COMPREPLY+=("$item"); done < <(
      if [[ -n "$pattern" ]]; then _cyclegan_files "$current" "$pattern"; fi
    )
  fi
  if [[ $COMP_CWORD -eq 1 && "$current" != -* ]]; then words="$words ${names}"; fi
  if [[ -n "$words" ]]; then COMPREPLY+=($(compgen -W "$words" -- "$current")); fi
}
complete -o filenames -F _cyclegan cyclegan
`;
}

function caseOf(command: CommandSpec, commands: readonly CommandSpec[]): string {
  return `    ${command.name}) ${settings(command, commands)} ;;`;
}

function settings(command: CommandSpec, commands: readonly CommandSpec[]): string {
  const flags = optionsOf(command).flatMap(flagsOf).join(' ');
  return `flags="${flags}" ${assignments(operandsOf(command, commands))}`;
}

/** Options of a command whose value is what comes next. */
function valueCases(command: CommandSpec): string[] {
  return optionsOf(command).flatMap((option) => {
    if (option.values === null) return [];
    const places = flagsOf(option).map((flag) => `"${command.name} ${flag}"`);
    return [`    ${places.join(' | ')}) value=1 ${assignments(option.values)} ;;`];
  });
}

function assignments({ words, extensions }: Suggestions): string {
  const pattern = extensions === null ? 'any' : extensions.join('|');
  return `words="${words.join(' ')}" pattern="${pattern}"`;
}
