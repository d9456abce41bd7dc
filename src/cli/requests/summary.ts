import type { WeightsRequest } from '../generator.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';
import { INPUT_OPTION, KEY_OPTION, readInputShape } from './shared.js';

export const summarySpec: CommandSpec = {
  name: 'summary',
  usage: '[FILE]',
  operands: 'weights',
  summary: 'print the layers of a generator: shapes, parameters, multiply-adds, memory',
  notes: [
    "FILE is a weight file, its http(s) address, or a downloaded model; without it, the book's generator with random weights.",
  ],
  options: {
    input: INPUT_OPTION,
    depth: {
      type: 'string',
      value: 'N',
      help: 'show modules down to this depth, with all that lies within them; default: all',
    },
    profile: { type: 'boolean', help: 'run it, too, and measure the time of each layer' },
    key: KEY_OPTION,
    json: { type: 'boolean', help: 'print everything as one JSON object' },
  },
};

export interface SummaryRequest {
  readonly weights: WeightsRequest;
  /** `undefined`: the book's picture. */
  readonly inputShape: readonly number[] | undefined;
  /** `undefined`: all modules are shown. */
  readonly depth: number | undefined;
  readonly profile: boolean;
  readonly json: boolean;
  readonly debug: boolean;
}

/** @throws UsageError for several files, or a value that makes no sense. */
export function readSummary(invocation: Invocation): SummaryRequest {
  const { operands, text, flag } = invocation;
  const [source = null, ...rest] = operands;
  if (rest.length > 0) throw new UsageError('One file at a time: cyclegan summary FILE.');
  return {
    weights: { source, key: text('key') },
    inputShape: readInputShape(invocation),
    depth: readDepth(text('depth')),
    profile: flag('profile'),
    json: flag('json'),
    debug: flag('debug'),
  };
}

function readDepth(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text)) {
    throw new UsageError(`--depth takes a whole number from 0 up, but got "${text}".`);
  }
  return Number(text);
}
