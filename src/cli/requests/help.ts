import type { CommandSpec, Invocation } from '../usage.js';

export const helpSpec: CommandSpec = {
  name: 'help',
  namesNoFiles: true,
  operands: 'commands',
  usage: '[COMMAND]',
  summary: 'tell how a command is used',
  options: {},
};

export interface HelpRequest {
  /** `null`: the whole. */
  readonly command: string | null;
  readonly all: boolean;
}

export function readHelp({ operands: [command], flag }: Invocation): HelpRequest {
  return { command: command ?? null, all: flag('all') };
}
