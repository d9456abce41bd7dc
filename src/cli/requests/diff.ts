import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

export const diffSpec: CommandSpec = {
  name: 'diff',
  usage: 'A B',
  operands: 'weights',
  summary: 'tell which keys, shapes and values differ between two weight files',
  options: {
    key: {
      type: 'string',
      value: 'NAME',
      help: 'where in both the state dict is; default: it is searched',
    },
    json: { type: 'boolean', help: 'print everything as one JSON object' },
  },
};

export interface DiffRequest {
  readonly first: string;
  readonly second: string;
  readonly key: string | undefined;
  readonly json: boolean;
}

/** @throws UsageError unless two files are named. */
export function readDiff({ operands, text, flag }: Invocation): DiffRequest {
  const [first, second, ...rest] = operands;
  if (first === undefined || second === undefined || rest.length > 0) {
    throw new UsageError('Which two files? cyclegan diff A B.');
  }
  return { first, second, key: text('key'), json: flag('json') };
}
