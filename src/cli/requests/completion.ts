import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

export const completionSpec: CommandSpec = {
  name: 'completion',
  namesNoFiles: true,
  usage: 'bash|zsh|fish',
  summary: 'print a script that completes this command in your shell',
  options: {},
};

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** @throws UsageError unless a shell is named that there is a script for. */
export function readCompletion({ operands: [name] }: Invocation): Shell {
  const shell = SHELLS.find((known) => known === name);
  if (shell === undefined) throw new UsageError(`Which shell? One of ${SHELLS.join(', ')}.`);
  return shell;
}
