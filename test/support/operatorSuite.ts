import { describe, expect, it } from 'vitest';
import { expectClose } from './closeness.js';
import { engines } from './engines.js';
import { type TensorPlace, tensorAt } from './fixtures.js';
import type { TorchParams } from './modules.js';
import { type OperatorRunner, runOperator } from './runOperator.js';

/** One operator in PyTorch: its class and arguments, what went in and what came out. */
export interface OperatorCase {
  readonly name: string;
  readonly op: string;
  readonly params: TorchParams;
  readonly tensors: Readonly<Record<string, TensorPlace>>;
  readonly f32_vs_f64_max_abs: number;
}

/** These move numbers or leave them out, but never round. */
const EXACT = [
  'ReflectionPad2d',
  'ZeroPad2d',
  'ReplicationPad2d',
  'Pad',
  'Narrow',
  'PixelShuffle',
  'Flatten',
  'Reshape',
  'MaxPool2d',
  'AdaptiveMaxPool2d',
  'ReLU',
  'Hardtanh',
  'Clamp',
  'Dropout',
];

/** Engines take pictures, and leave other shapes to the reference; the largest element of nothing; shares of rows or columns. */
function isTaken({ op, name, params, tensors }: OperatorCase): boolean {
  const rank = tensors.input.shape.length;
  if (op === 'Softmax' && ![1, -3].includes(Number(params.dim))) return false;
  return (rank === 3 || rank === 4) && !name.includes('"dilation": 3');
}

/**
 * Runs every case on every engine.
 * @param numbers Gives the file that a case's tensors lie in.
 * @param run Where a case runs. Default: in this process.
 */
export function operatorSuite<C extends OperatorCase>(
  cases: readonly C[],
  numbers: (c: C) => Float32Array,
  run: OperatorRunner = runOperator,
): void {
  describe.each(engines)('on $name', ({ options, smallest, unavailable }) => {
    it.skipIf(unavailable !== null).each(cases.map((c) => [`${c.op} ${c.name}`, c] as const))(
      '%s',
      async (_, c) => {
        const data = numbers(c);
        const { input, output, ...places } = c.tensors;
        const weights = new Map(
          Object.entries(places).map(([key, place]) => [key, tensorAt(data, place)] as const),
        );
        const task = { op: c.op, params: c.params, weights, input: tensorAt(data, input) };
        const found = await run(task, options);
        const tolerance = EXACT.includes(c.op)
          ? { absolute: smallest }
          : { absolute: 1e-5 + 2 * c.f32_vs_f64_max_abs, relative: 1e-5 };
        expectClose(found.output, tensorAt(data, output), tolerance);
        if (isTaken(c)) expect(found.fallbacks).toEqual([]);
      },
    );
  });
}
