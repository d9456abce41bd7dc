import type { EngineName, Precision } from '../../engine/engine.js';
import { availableCores } from '../../platform/cores.js';
import type { WeightsRequest } from '../generator.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';
import { ENGINE_OPTION, PRECISION_OPTION, readEngine, readPrecision } from './engine.js';
import { KEY_OPTION } from './shared.js';

const SIZES = '128x128,256x256,314x256,512x512';

export const benchSpec: CommandSpec = {
  name: 'bench',
  usage: '[FILE]',
  operands: 'weights',
  summary: 'measure what this machine does with a generator, and what it could do at most',
  notes: [
    "FILE is a weight file, its http(s) address, or a downloaded model; without it, the book's generator with random weights. Each figure is the median of several runs after one that does not count, with the fastest and the slowest.",
    'With --engine webgpu, each layer is timed by itself, too, with its share of what the GPU reaches at most.',
    'Operations are two for each multiply-add of the layers as they are defined. The peak is what multiply-adds in registers reach; Winograd convolutions need fewer multiplications than the definitions, so a network can lie above it. "cyclegan summary --profile" has each layer.',
  ],
  options: {
    sizes: {
      type: 'string',
      value: 'WxH,…',
      help: `sizes of the input, each raised to sides that the generator takes; default: ${SIZES}`,
    },
    threads: { type: 'string', value: 'N,…', help: 'default: 1, and the physical cores' },
    runs: { type: 'string', value: 'N', help: 'runs for each figure; default: 7' },
    engine: ENGINE_OPTION,
    precision: PRECISION_OPTION,
    variant: {
      type: 'string',
      value: 'NAME',
      help: "one of the engine's ways of making code; for wasm simd, fma or fma+256, for webgpu winograd or direct",
    },
    key: KEY_OPTION,
    json: { type: 'boolean', help: 'print everything as one JSON object' },
  },
};

export interface BenchRequest {
  readonly weights: WeightsRequest;
  /** Width and height each. */
  readonly sizes: readonly (readonly number[])[];
  readonly threads: readonly number[];
  /** For each figure. */
  readonly runs: number;
  readonly engine: EngineName | undefined;
  readonly precision: Precision | undefined;
  readonly variant: string | undefined;
  readonly json: boolean;
}

/** @throws UsageError for several files, or a value that makes no sense. */
export function readBench(invocation: Invocation): BenchRequest {
  const { operands, text, flag } = invocation;
  const [source = null, ...rest] = operands;
  if (rest.length > 0) throw new UsageError('One file at a time: cyclegan bench FILE.');
  const cores = availableCores();
  const counts = cores > 1 ? `1,${cores}` : '1';
  const engine = readEngine(invocation);
  const [[runs]] = readList(invocation, 'runs', '7', [/^(\d{1,3})$/, 999]);
  return {
    weights: { source, key: text('key') },
    sizes: readList(invocation, 'sizes', SIZES, [/^(\d{1,5})x(\d{1,5})$/, 99_999]),
    threads: readList(invocation, 'threads', engine === 'webgpu' ? '1' : counts, [
      /^(\d{1,2})$/,
      99,
    ]).map(([count]) => count),
    runs,
    engine,
    precision: readPrecision(invocation),
    variant: text('variant'),
    json: flag('json'),
  };
}

/** `1x2,3x4` as `[[1, 2], [3, 4]]`. */
function readList(
  invocation: Invocation,
  option: string,
  usual: string,
  [form, most]: readonly [RegExp, number],
): readonly (readonly number[])[] {
  const text = invocation.text(option) ?? usual;
  return text.split(',').map((item) => {
    const numbers = form.exec(item)?.slice(1).map(Number) ?? [];
    if (numbers.length === 0 || numbers.includes(0)) {
      throw new UsageError(
        `--${option} takes whole numbers from 1 to ${most}, such as ${usual}, but got "${text}".`,
      );
    }
    return numbers;
  });
}
