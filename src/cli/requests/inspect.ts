import { type CommandSpec, type Invocation, UsageError } from '../usage.js';
import { KEY_OPTION } from './shared.js';

export const inspectSpec: CommandSpec = {
  name: 'inspect',
  usage: 'FILE',
  operands: 'weights',
  summary: 'tell what a weight file is, what it holds and which generator it fits',
  notes: [
    'FILE may be an http(s) address, too: what it gives is read into memory, at most 2 GiB, and not kept.',
  ],
  options: {
    key: KEY_OPTION,
    stats: { type: 'boolean', help: 'with mean and deviation of each tensor' },
    json: { type: 'boolean', help: 'print everything as one JSON object' },
  },
};

export interface InspectRequest {
  readonly source: string;
  readonly key: string | undefined;
  readonly stats: boolean;
  readonly json: boolean;
}

/** @throws UsageError unless one file is named. */
export function readInspect({ operands, text, flag }: Invocation): InspectRequest {
  const [source, ...rest] = operands;
  if (source === undefined) throw new UsageError('Which file? Name a weight file.');
  if (rest.length > 0) throw new UsageError('One file at a time: cyclegan inspect FILE.');
  return { source, key: text('key'), stats: flag('stats'), json: flag('json') };
}
