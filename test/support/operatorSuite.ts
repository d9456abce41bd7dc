import { describe, expect, it } from 'vitest';
import { compile } from '../../src/nn/compile.js';
import { expectClose } from './closeness.js';
import { engines } from './engines.js';
import { type TensorPlace, tensorAt } from './fixtures.js';
import { moduleOf, type TorchParams } from './modules.js';

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

/** Runs every case on every engine. `numbers` gives the file that a case's tensors lie in. */
export function operatorSuite<C extends OperatorCase>(
  cases: readonly C[],
  numbers: (c: C) => Float32Array,
): void {
  describe.each(engines)('on $name', ({ options, smallest, unavailable }) => {
    it.skipIf(unavailable !== null).each(cases.map((c) => [`${c.op} ${c.name}`, c] as const))(
      '%s',
      async (_, c) => {
        const data = numbers(c);
        const { input, output, ...weights } = c.tensors;
        const module = moduleOf(c.op, c.params);
        module.loadStateDict(
          new Map(Object.entries(weights).map(([key, place]) => [key, tensorAt(data, place)])),
        );
        const program = await compile(module, { ...options, inputShape: input.shape });
        const found = await program.run(tensorAt(data, input));
        const tolerance = EXACT.includes(c.op)
          ? { absolute: smallest }
          : { absolute: 1e-5 + 2 * c.f32_vs_f64_max_abs, relative: 1e-5 };
        expectClose(found, tensorAt(data, output), tolerance);
        if (isTaken(c)) expect(program.fallbacks).toEqual([]);
        program.dispose();
      },
    );
  });
}
