import { bashCompletion } from '../completion/bash.js';
import { fishCompletion } from '../completion/fish.js';
import { zshCompletion } from '../completion/zsh.js';
import type { Shell } from '../requests/completion.js';
import { writeData } from '../standardOutput.js';
import type { Terminal } from '../terminal.js';
import type { CommandSpec } from '../usage.js';

const SCRIPTS: Readonly<Record<Shell, (commands: readonly CommandSpec[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** @param commands All that there are. */
export async function runCompletion(
  shell: Shell,
  _terminal: Terminal,
  commands: readonly CommandSpec[],
): Promise<void> {
  await writeData(SCRIPTS[shell](commands));
}
