import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { LeakyReLU } from '../../src/nn/leakyRelu.js';
import { manualSeed, uniform } from '../../src/nn/random.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from './closeness.js';
import { engines } from './engines.js';

const pair = (min: number, max: number) =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

/** Channels around whole vectors and panels, few, and any others. */
const channels = fc.oneof(fc.constantFrom(1, 3, 8, 16, 32), fc.integer({ min: 1, max: 21 }));

const layers = fc
  .record({
    isTransposed: fc.boolean(),
    groups: fc.oneof(fc.constant(1), fc.constantFrom(2, 3)),
    groupIn: channels,
    groupOut: channels,
    kernel: fc.oneof(fc.constantFrom<[number, number]>([3, 3], [7, 7], [4, 4]), pair(1, 7)),
    padding: pair(0, 4),
    dilation: fc.oneof(fc.constant<[number, number]>([1, 1]), pair(1, 2)),
    bias: fc.boolean(),
    size: pair(1, 19),
    threads: fc.integer({ min: 1, max: 3 }),
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  })
  .filter(({ isTransposed, kernel, dilation, padding, size }) =>
    size.every((side, i) => {
      const more = dilation[i] * (kernel[i] - 1) - 2 * padding[i];
      return side + (isTransposed ? more : -more) >= 1;
    }),
  );

type Layer = typeof layers extends fc.Arbitrary<infer T> ? T : never;

function moduleOf({ isTransposed, groups, groupIn, groupOut, kernel, ...options }: Layer) {
  const { padding, dilation, bias } = options;
  const [inChannels, outChannels] = [groups * groupIn, groups * groupOut];
  if (!isTransposed) {
    const layer = new Conv2d(inChannels, outChannels, kernel, { padding, dilation, bias, groups });
    return new Sequential(new LeakyReLU(0.2), layer).eval();
  }
  const outputPadding: [number, number] = [dilation[0] - 1, dilation[1] - 1];
  const how = { padding, dilation, outputPadding, bias, groups };
  const layer = new ConvTranspose2d(inChannels, outChannels, kernel, how);
  return new Sequential(new LeakyReLU(0.2), layer).eval();
}

function noise(shape: readonly number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(uniform(1, size, 1), shape);
}

/** Convolutions of stride 1, direct and transposed, as the gradients of their inputs are, against the reference loops, on every engine. */
export function stride1Suite(runs: number): void {
  describe.each(engines)('convolutions of stride 1 on $name', ({ options, unavailable }) => {
    it.skipIf(unavailable !== null)('is what the reference makes of it', async () => {
      await fc.assert(
        fc.asyncProperty(layers, async (layer) => {
          manualSeed(layer.seed);
          const module = moduleOf(layer);
          const shape = [1, layer.groups * layer.groupIn, ...layer.size];
          const input = noise(shape);
          const { threads } = layer;
          const program = await compile(module, { ...options, threads, inputShape: shape });
          const found = await program.run(input, { blocking: true });
          expectClose(found, await module.forward(input, { engine: 'js' }), {
            absolute: 2e-5,
            relative: 2e-5,
          });
          expect(program.fallbacks).toEqual([]);
          program.dispose();
        }),
        { numRuns: runs },
      );
    });
  });
}
