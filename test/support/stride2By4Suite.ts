import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import { LeakyReLU } from '../../src/nn/leakyRelu.js';
import type { Module } from '../../src/nn/module.js';
import { manualSeed, uniform } from '../../src/nn/random.js';
import { ReflectionPad2d } from '../../src/nn/reflectionPad2d.js';
import { ReplicationPad2d } from '../../src/nn/replicationPad2d.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from './closeness.js';
import { engines } from './engines.js';

const pair = (min: number, max: number) =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

/** Channels around whole vectors and panels, and any others. */
const channels = fc.oneof(fc.constantFrom(8, 16, 32, 48), fc.integer({ min: 1, max: 37 }));

const layers = fc.record({
  isTransposed: fc.boolean(),
  inChannels: channels,
  outChannels: channels,
  size: fc.oneof(pair(4, 12), pair(4, 37)),
  padding: pair(0, 3),
  outputPadding: pair(0, 1),
  bias: fc.boolean(),
  border: fc.constantFrom('none', 'reflect', 'replicate'),
  hasNorm: fc.boolean(),
  threads: fc.integer({ min: 1, max: 3 }),
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
});

type Layer = typeof layers extends fc.Arbitrary<infer T> ? T : never;

function convolution(layer: Layer): Module {
  const { isTransposed, inChannels, outChannels, outputPadding, ...options } = layer;
  const how = { stride: 2, padding: options.padding, bias: options.bias };
  return isTransposed
    ? new ConvTranspose2d(inChannels, outChannels, 4, { ...how, outputPadding })
    : new Conv2d(inChannels, outChannels, 4, how);
}

/** With an activation and a border pending on the input, and sums for a norm at the output. */
function moduleOf(layer: Layer): Module {
  const Border = { none: null, reflect: ReflectionPad2d, replicate: ReplicationPad2d }[
    layer.border
  ];
  const before = Border === null ? [] : [new LeakyReLU(0.2), new Border([1, 2, 3, 0])];
  const after = layer.hasNorm ? [new InstanceNorm2d(layer.outChannels)] : [];
  return new Sequential(...before, convolution(layer), ...after).eval();
}

/** Whether a norm has what it asks for: more than one pixel. */
function norms(layer: Layer): boolean {
  const [top, left] = layer.border === 'none' ? [0, 0] : [3, 3];
  const sides = [layer.size[0] + top, layer.size[1] + left].map((side, axis) =>
    layer.isTransposed
      ? 2 * (side - 1) + 4 - 2 * layer.padding[axis] + layer.outputPadding[axis]
      : Math.floor((side + 2 * layer.padding[axis] - 4) / 2) + 1,
  );
  return sides[0] * sides[1] > 1;
}

/** `[inChannels, outChannels, height, width]`: U kept, and made for each band; of few pixels, down to one; odd sides. */
const SIZES: readonly (readonly [number, number, number, number])[] = [
  [8, 8, 40, 44],
  [24, 20, 33, 47],
  [64, 96, 48, 40],
  [160, 176, 20, 36],
  [16, 3, 64, 64],
  [512, 64, 16, 16],
  [256, 128, 2, 2],
  [128, 32, 3, 7],
];

function noise(shape: readonly number[]): Tensor {
  return new Tensor(
    uniform(
      1,
      shape.reduce((a, b) => a * b, 1),
      1,
    ),
    shape,
  );
}

/** Each output in double precision, of every `step`th element: `[index, value]`. */
function* exactly(x: Tensor, weight: Tensor, isTransposed: boolean, out: Tensor, step: number) {
  const [, inChannels, height, width] = x.shape;
  const [, outChannels, outHeight, outWidth] = out.shape;
  for (let index = 0; index < out.size; index += step) {
    const oc = Math.floor(index / (outHeight * outWidth));
    const [oy, ox] = [Math.floor(index / outWidth) % outHeight, index % outWidth];
    let sum = 0;
    for (let tap = 0; tap < 16; tap++) {
      const [ky, kx] = [tap >> 2, tap & 3];
      const [y, x0] = isTransposed
        ? [(oy + 1 - ky) / 2, (ox + 1 - kx) / 2]
        : [2 * oy - 1 + ky, 2 * ox - 1 + kx];
      const isInside = y >= 0 && x0 >= 0 && y < height && x0 < width;
      if (!isInside || !Number.isInteger(y) || !Number.isInteger(x0)) continue;
      for (let ic = 0; ic < inChannels; ic++) {
        const kernel = isTransposed ? ic * outChannels + oc : oc * inChannels + ic;
        sum += x.data[(ic * height + y) * width + x0] * weight.data[kernel * 16 + tap];
      }
    }
    yield [index, sum] as const;
  }
}

/** Convolutions of 4×4 taps and stride 2, plain and transposed, against the reference loops, on every engine. */
export function stride2By4Suite(runs: number): void {
  describe.each(engines)('4x4 of stride 2 on $name', ({ options, unavailable }) => {
    const agrees = async (module: Module, shape: readonly number[], threads: number) => {
      const input = noise(shape);
      const program = await compile(module, { ...options, threads, inputShape: shape });
      const found = await program.run(input, { blocking: true });
      const expected = await module.forward(input, { engine: 'js' });
      expectClose(found, expected, { absolute: 2e-5, relative: 2e-5 });
      expect(program.fallbacks).toEqual([]);
      program.dispose();
    };

    it.skipIf(unavailable !== null)('is what the reference makes of it', async () => {
      await fc.assert(
        fc.asyncProperty(layers, async (layer) => {
          fc.pre(!layer.hasNorm || norms(layer));
          manualSeed(layer.seed);
          await agrees(moduleOf(layer), [1, layer.inChannels, ...layer.size], layer.threads);
        }),
        { numRuns: runs },
      );
    });

    it.skipIf(unavailable !== null).each(SIZES)(
      'lets no huge value drown others: %i to %i channels at %i x %i',
      async (inChannels, outChannels, height, width) => {
        const shape = [1, inChannels, height, width];
        const input = noise(shape);
        input.data[width + 1] = 1e24;
        for (const isTransposed of [false, true]) {
          manualSeed(outChannels);
          const Layer = isTransposed ? ConvTranspose2d : Conv2d;
          const layer = new Layer(inChannels, outChannels, 4, { stride: 2, padding: 1 }).eval();
          const found = await layer.forward(input, options);
          const expected = await layer.forward(input, { engine: 'js' });
          expectClose(found, expected, { absolute: 2e-5, relative: 2e-5 });
        }
      },
    );

    it.skipIf(unavailable !== null).each(SIZES)(
      'is accurate, and the same for any number of threads: %i to %i channels at %i x %i',
      async (inChannels, outChannels, height, width) => {
        const shape = [1, inChannels, height, width];
        for (const isTransposed of [false, true]) {
          manualSeed(outChannels);
          const how = { stride: 2, padding: 1, bias: false };
          const layer = isTransposed
            ? new ConvTranspose2d(inChannels, outChannels, 4, how)
            : new Conv2d(inChannels, outChannels, 4, how);
          const input = noise(shape);
          const program = await compile(layer.eval(), { ...options, inputShape: shape });
          const found = await program.run(input, { blocking: true });
          for (const threads of [1, 3]) {
            const other = await compile(layer, { ...options, threads, inputShape: shape });
            const again = (await other.run(input)).data;
            expect(again.every((value, i) => value === found.data[i])).toBe(true);
            other.dispose();
          }
          program.dispose();
          let [error, power] = [0, 0];
          for (const [index, value] of exactly(
            input,
            layer.weight.tensor,
            isTransposed,
            found,
            1 + Math.floor(found.size / 3000) * 2,
          )) {
            error += (found.data[index] - value) ** 2;
            power += value ** 2;
          }
          // A direct sum in float32 is off by 1e-7 to 3e-7.
          expect(Math.sqrt(error / power)).toBeLessThan(1.6e-6);
        }
      },
    );
  });
}
