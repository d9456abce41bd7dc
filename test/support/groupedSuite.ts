import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { compile } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import { LeakyReLU } from '../../src/nn/leakyRelu.js';
import { Module } from '../../src/nn/module.js';
import { manualSeed } from '../../src/nn/random.js';
import { ReflectionPad2d } from '../../src/nn/reflectionPad2d.js';
import { ReLU } from '../../src/nn/relu.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Tanh } from '../../src/nn/tanh.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from './closeness.js';
import { engines } from './engines.js';

const pair = (min: number, max: number) =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

/** A convolution of several groups that fits: every remainder of channels and pixels, every option. */
const layers = fc
  .record({
    groups: fc.integer({ min: 2, max: 9 }),
    groupIn: fc.integer({ min: 1, max: 9 }),
    groupOut: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 13 })),
    kernel: fc.oneof(fc.constant<[number, number]>([3, 3]), pair(1, 7)),
    stride: pair(1, 3),
    padding: pair(0, 3),
    dilation: pair(1, 2),
    isTransposed: fc.boolean(),
    bias: fc.boolean(),
    size: pair(1, 21),
    batch: fc.integer({ min: 1, max: 2 }),
    threads: fc.integer({ min: 1, max: 3 }),
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  })
  .filter(({ isTransposed, kernel, dilation, padding, stride, size }) =>
    size.every((side, i) => {
      const reach = dilation[i] * (kernel[i] - 1) + 1;
      if (isTransposed) return (side - 1) * stride[i] - 2 * padding[i] + reach >= 1;
      return side + 2 * padding[i] >= reach;
    }),
  );

type Layer = typeof layers extends fc.Arbitrary<infer T> ? T : never;

function moduleOf({ groups, groupIn, groupOut, kernel, isTransposed, ...options }: Layer): Module {
  const [inChannels, outChannels] = [groups * groupIn, groups * groupOut];
  if (!isTransposed) return new Conv2d(inChannels, outChannels, kernel, { ...options, groups });
  const outputPadding: [number, number] = [
    Math.max(options.stride[0], options.dilation[0]) - 1,
    Math.max(options.stride[1], options.dilation[1]) - 1,
  ];
  return new ConvTranspose2d(inChannels, outChannels, kernel, {
    ...options,
    groups,
    outputPadding,
  });
}

/** What reads the layer's input and output besides, so that norms, activations, borders and sums are part of its stages. */
class Surrounded extends Module {
  readonly before: Sequential;
  readonly inner: Sequential;
  readonly after: Sequential;

  constructor(channels: number, groups: number) {
    super();
    const grouped = () => new Conv2d(channels, channels, 3, { groups });
    this.before = this.registerModule(
      'before',
      new Sequential(
        new Conv2d(channels, channels, 1),
        new InstanceNorm2d(channels, { affine: true }),
        new LeakyReLU(0.1),
      ),
    );
    this.inner = this.registerModule(
      'inner',
      new Sequential(new ReflectionPad2d(1), grouped(), new InstanceNorm2d(channels), new ReLU()),
    );
    this.after = this.registerModule(
      'after',
      new Sequential(new ReflectionPad2d([2, 1, 0, 2]), grouped(), new InstanceNorm2d(channels)),
    );
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const before = g.call(this.before, x);
    const sum = g.add(before, g.call(this.inner, before));
    // Two readers: the first one writes the sum out.
    const other = g.add(sum, g.call(this.inner, sum));
    return g.call(this.after, other);
  }
}

/** Groups that Winograd takes: of stride 1 and 2, transposed, and one-dimensional. */
const WINOGRAD: readonly [
  groups: number,
  groupIn: number,
  groupOut: number,
  layer: { kernel?: number; stride?: number; transposed?: boolean },
][] = [
  [2, 16, 16, {}],
  [3, 20, 32, {}],
  // So many kernels that they are made anew for each run.
  [2, 96, 128, {}],
  [4, 16, 48, { stride: 2 }],
  [2, 36, 80, { stride: 2 }],
  [2, 16, 48, { stride: 2, transposed: true }],
  [3, 36, 32, { stride: 2, transposed: true }],
  [2, 20, 32, { kernel: 5 }],
  [3, 16, 16, { kernel: 7 }],
];

/** Groups and their channels, for each way of working them out. */
const NOT_FINITE = [
  [6, 1, 1],
  [3, 2, 2],
  [3, 5, 5],
  [15, 1, 1],
  [3, 4, 2],
  [6, 2, 8],
] as const;

function wave(shape: readonly number[], seed: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.37 + seed + i * i));
  return new Tensor(data, shape);
}

/** Convolutions of several groups against the reference loops, on every engine. */
export function groupedSuite(runs: number): void {
  describe.each(engines)('groups on $name', ({ options: engineOptions, unavailable }) => {
    const agrees = async (
      module: Module,
      shape: readonly number[],
      threads: number,
      seed: number,
    ) => {
      module.eval();
      const input = wave(shape, seed);
      const program = await compile(module, { ...engineOptions, threads, inputShape: shape });
      const found = await program.run(input, { blocking: true });
      expectClose(found, await module.forward(input, { engine: 'js' }), {
        absolute: 2e-5,
        relative: 2e-5,
      });
      program.dispose();
    };

    it.skipIf(unavailable !== null)('are what the reference makes of them', async () => {
      await fc.assert(
        fc.asyncProperty(layers, async (layer) => {
          manualSeed(layer.seed);
          const shape = [layer.batch, layer.groups * layer.groupIn, ...layer.size];
          await agrees(moduleOf(layer), shape, layer.threads, layer.seed);
        }),
        { numRuns: runs },
      );
    });

    it.skipIf(unavailable !== null).each(WINOGRAD)(
      'of many channels go through Winograd one by one: %i of %i to %i channels, %o',
      async (groups, groupIn, groupOut, { kernel = 3, transposed = false, stride = 1 }) => {
        manualSeed(groupIn);
        const shape = [1, groups * groupIn, 11, 17];
        const common = { groups, padding: (kernel - 1) / 2, stride };
        const [inside, outside] = [groups * groupIn, groups * groupOut];
        const layer = transposed
          ? new ConvTranspose2d(inside, outside, kernel, { ...common, outputPadding: 1 })
          : new Conv2d(inside, outside, kernel, common);
        await agrees(layer, shape, 2, 1);
        await agrees(new Sequential(layer, new InstanceNorm2d(outside)), shape, 1, 2);
        const program = await compile(layer, { ...engineOptions, inputShape: shape });
        const clean = (await program.run(wave(shape, 1))).data;
        const data = wave(shape, 1).data.fill(Number.NaN, 40, 41);
        const found = (await program.run(new Tensor(data, shape))).data;
        const ofFirst = clean.length / groups;
        expect(found.subarray(ofFirst)).toEqual(clean.subarray(ofFirst));
        expect(found.subarray(0, ofFirst).every(Number.isFinite)).toBe(false);
        program.dispose();
      },
    );

    it.skipIf(unavailable !== null).each(NOT_FINITE)(
      'keep what is no number to its group: %i of %i to %i channels',
      async (groups, groupIn, groupOut) => {
        manualSeed(groups);
        const shape = [1, groups * groupIn, 6, 9];
        const module = new Conv2d(shape[1], groups * groupOut, 3, { groups, padding: 1 }).eval();
        const program = await compile(module, { ...engineOptions, inputShape: shape });
        const clean = await program.run(wave(shape, 1));
        const data = wave(shape, 1).data.fill(Number.NaN, 22, 23);
        const found = await program.run(new Tensor(data, shape));
        const expected = clean.data.map((value, i) => {
          const [channel, y, x] = [Math.floor(i / 54), Math.floor(i / 9) % 6, i % 9];
          const isNear = Math.abs(y - 2) <= 1 && Math.abs(x - 4) <= 1;
          return channel < groupOut && isNear ? Number.NaN : value;
        });
        expect(found.data).toEqual(expected);
        program.dispose();
      },
    );

    it.skipIf(unavailable !== null).each(NOT_FINITE)(
      'leave nothing in lanes that are only padding: %i of %i to %i channels',
      async (groups, groupIn, groupOut) => {
        manualSeed(groups);
        const shape = [1, groups * groupIn, 6, 9];
        const [inside, outside] = [groups * groupIn, groups * groupOut];
        // Layers without groups multiply those lanes, by zero. The first of them leaves infinities in memory that is used again.
        const dense = (from: number, to: number) => new Conv2d(from, to, 1);
        const infinite = dense(inside, 4 * Math.ceil(outside / 4));
        infinite.bias?.tensor.data.fill(Number.POSITIVE_INFINITY);
        const layer = new Conv2d(inside, outside, 1, { groups });
        const before = [infinite, new Tanh(), dense(infinite.outChannels, inside)];
        const layers = [...before, layer, dense(outside, 2)];
        const program = await compile(new Sequential(...layers).eval(), {
          ...engineOptions,
          inputShape: shape,
        });
        const clean = await program.run(wave(shape, 1));
        expect(clean.data.every(Number.isFinite)).toBe(true);
        const data = wave(shape, 1).data.fill(Number.NaN, 22, 23);
        const found = await program.run(new Tensor(data, shape));
        expect(found.data).toEqual(clean.data.map((v, i) => (i % 54 === 22 ? Number.NaN : v)));
        program.dispose();
      },
    );

    it.skipIf(unavailable !== null).each([
      [6, 2, 9, 11],
      [8, 8, 8, 16],
      [20, 2, 7, 9],
      [36, 4, 6, 5],
      [36, 36, 12, 7],
    ])(
      'take norms, activations, borders and sums: %i channels, %i groups',
      async (...[channels, groups, height, width]) => {
        manualSeed(channels);
        await agrees(new Surrounded(channels, groups), [1, channels, height, width], 2, 1);
      },
    );
  });
}
