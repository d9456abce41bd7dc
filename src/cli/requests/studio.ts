import { type CommandSpec, type Invocation, UsageError } from '../usage.js';
import { readPort } from './shared.js';

export const studioSpec: CommandSpec = {
  name: 'studio',
  usage: '[--port N] [--no-open]',
  operands: 'nothing',
  summary: 'open a page that translates pictures, on this computer alone',
  notes: [
    'The page comes out of the command itself, and is served to this computer alone. Pictures and models that are dropped on it stay in the browser. Ctrl+C ends it.',
  ],
  options: {
    port: {
      type: 'string',
      value: 'N',
      help: 'the port to listen at, 0 for any; default: 4570, or the next that is free',
    },
    'no-open': { type: 'boolean', help: 'print the address, and open no browser' },
  },
  namesNoFiles: true,
};

export interface StudioRequest {
  /** `null` where any will do. */
  readonly port: number | null;
  readonly isOpened: boolean;
}

/** @throws UsageError for a port that there is not, or a name. */
export function readStudio({ operands, text, flag }: Invocation): StudioRequest {
  if (operands.length > 0) {
    throw new UsageError('studio takes no files: drop them on the page.');
  }
  return { port: readPort(text('port')), isOpened: !flag('no-open') };
}
