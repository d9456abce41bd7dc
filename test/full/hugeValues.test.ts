import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EngineOptions } from '../../src/engine/engine.js';
import { fuse } from '../../src/engine/shared/fuse/fuse.js';
import { lower } from '../../src/engine/wasm/plan/lower.js';
import { LIMITS } from '../../src/engine/wasm/plan/pending.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { AdaptiveAvgPool2d } from '../../src/nn/adaptiveAvgPool2d.js';
import { BatchNorm2d } from '../../src/nn/batchNorm2d.js';
import { compile, traceGraph } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { Flatten } from '../../src/nn/flatten.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import { LeakyReLU } from '../../src/nn/leakyRelu.js';
import { Module } from '../../src/nn/module.js';
import { ReflectionPad2d } from '../../src/nn/reflectionPad2d.js';
import { ReLU } from '../../src/nn/relu.js';
import { Sequential } from '../../src/nn/sequential.js';
import type { Shape } from '../../src/tensor/shape.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectAborted } from '../support/aborted.js';
import { expectClose } from '../support/closeness.js';
import { moduleOf } from '../support/modules.js';

const wasm = { engine: 'wasm', threads: 2 } as const;
const js = { engine: 'js' } as const;
const CHANNELS = 12;
const SHAPE = [1, CHANNELS, 11, 13];
const MAX_FLOAT32 = 3.4028234663852886e38;

function waves(shape: Shape, scale = 1): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(
    Float32Array.from({ length: size }, (_, i) => scale * Math.sin(i * i * 0.37 + 1)),
    shape,
  );
}

function conv(inChannels: number, outChannels: number, kernel: number, stride = 1, scale = 0.2) {
  const layer = new Conv2d(inChannels, outChannels, kernel, { stride, padding: kernel >> 1 });
  layer.weight.adopt(waves(layer.weight.shape, scale));
  return layer;
}

const same = (scale?: number) => conv(CHANNELS, CHANNELS, 3, 1, scale);

async function run(module: Module, x: Tensor, options: EngineOptions): Promise<Tensor> {
  const program = await compile(module.eval(), { ...options, inputShape: x.shape });
  try {
    return await program.run(x);
  } finally {
    program.dispose();
  }
}

function withValue(x: Tensor, index: number, value: number): Tensor {
  const data = x.data.slice();
  data[index] = value;
  return new Tensor(data, x.shape);
}

/** Layers whose products are fewer than their taps, each by a way of its own. */
const winograd: readonly [string, () => Module][] = [
  ['3x3', () => same()],
  ['3x3 behind a mirrored border', () => new Sequential(new ReflectionPad2d(2), same())],
  ['3x3 of stride 2', () => conv(CHANNELS, CHANNELS, 3, 2)],
  [
    'transposed 3x3 of stride 2',
    () => new ConvTranspose2d(CHANNELS, CHANNELS, 3, { stride: 2, padding: 1, outputPadding: 1 }),
  ],
  ['7x7', () => conv(CHANNELS, 5, 7)],
  ['7x7 of few outputs', () => conv(CHANNELS, 3, 7)],
  // Enough kernels for the way that does not keep them.
  [
    '3x3 of many channels',
    () => new Sequential(conv(CHANNELS, 168, 1), conv(168, 168, 3, 1, 0.02)),
  ],
];

describe.each(winograd)('a huge value in the input of a layer of %s', (_, build) => {
  it('does no harm to what does not read it, wherever it stands', async () => {
    const module = build().eval();
    const x = waves(SHAPE);
    const [fast, reference] = await Promise.all(
      [wasm, js].map((options) => compile(module, { ...options, inputShape: SHAPE })),
    );
    const before = await fast.run(x);
    expectClose(before, await reference.run(x), { absolute: 5e-5 });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(x.size - 1),
        fc.constantFrom(1e19, 1e25, 1e30, 1e36, 1e37, 1e38, MAX_FLOAT32),
        fc.boolean(),
        fc.boolean(),
        async (index, size, negative, blocking) => {
          const huge = withValue(x, index, negative ? -size : size);
          const found = await fast.run(huge, { blocking });
          expectClose(found, await reference.run(huge), { absolute: 5e-5, relative: 1e-5 });
          expect((await fast.run(x, { blocking })).data).toEqual(before.data);
        },
      ),
      {
        numRuns: 6,
        examples: [
          [0, 1e37, false, false],
          [x.size - 1, MAX_FLOAT32, true, true],
        ],
      },
    );
    for (const program of [fast, reference]) program.dispose();
  });

  it('up to 1e17 is as exact as float32 sums are', async () => {
    const module = build();
    const x = withValue(waves(SHAPE), 700, -1e17);
    expectClose(await run(module, x, wasm), await run(module, x, js), { absolute: 1e17 * 1e-5 });
  });
});

class Block extends Module {
  readonly inner: Module;
  constructor(inner: Module) {
    super();
    this.inner = this.registerModule('inner', inner);
  }
  override trace(g: GraphBuilder, x: Value): Value {
    return g.add(x, g.call(this.inner, x));
  }
}

function affine(weight: number, bias: number): InstanceNorm2d {
  const norm = new InstanceNorm2d(CHANNELS, { affine: true });
  norm.weight?.tensor.data.fill(weight);
  norm.bias?.tensor.data.fill(bias);
  return norm;
}

/** Norm by a training that went astray: the first channel is multiplied by `scale`. */
function batch(scale: number): BatchNorm2d {
  const norm = new BatchNorm2d(CHANNELS, { eps: 0 });
  if (norm.runningVar !== null) norm.runningVar.tensor.data[0] = scale ** -2;
  return norm;
}

/** A layer of 1x1 that multiplies the first channel by `scale`, and mixes the others. */
function lift(scale: number): Conv2d {
  const layer = conv(CHANNELS, CHANNELS, 1);
  const weight = layer.weight.tensor.data;
  for (let i = 1; i < CHANNELS; i++) weight[i] = weight[i * CHANNELS] = 0;
  weight[0] = scale;
  return layer;
}

const relu = new ReLU();
const norm = () => new InstanceNorm2d(CHANNELS);

describe('a value becomes huge within the network', () => {
  it.each<[string, (scale: number) => Module[], number]>([
    ['by weights', (s) => [lift(s), same()], 1e20],
    ['by weights, with ReLU between', (s) => [lift(s), relu, same()], 1e37],
    ['by weights and again', (s) => [lift(s), relu, lift(s), new LeakyReLU(), same()], 1e12],
    ['by LeakyReLU', (s) => [same(), norm(), new LeakyReLU(s), same(1 / s)], 1e38],
    ['by batch norm', (s) => [lift(1), batch(s), relu, same()], 1e18],
    ['by the scale of instance norm', (s) => [same(), affine(s, 0), same(1 / s)], 1e37],
    ['by the shift of instance norm', (s) => [same(), affine(1, s), same(1 / s)], 2e38],
    ['in a residual block', (s) => [new Block(new Sequential(lift(s), same()))], 1e20],
    ['after a residual block', (s) => [new Block(lift(s)), new ReflectionPad2d(1), same()], 1e20],
    ['before a residual block', (s) => [new Block(lift(s)), new Block(same())], 1e20],
    ['before a norm', (s) => [same(s), same(), norm(), same()], 1e36],
  ])('%s', async (_, layers, scale) => {
    const module = new Sequential(...layers(scale));
    // The first channel is zero but for one pixel, so that most of what follows has ordinary values.
    const x = waves(SHAPE);
    x.data.fill(0, 0, SHAPE[2] * SHAPE[3]);
    x.data[70] = 1;
    const expected = await run(module, x, js);
    expect(expected.data.every(Number.isFinite)).toBe(true);
    expectClose(await run(module, x, wasm), expected, { absolute: 5e-5, relative: 1e-5 });
  });
});

describe('a run that met a huge value', () => {
  const module = new Sequential(
    same(),
    new InstanceNorm2d(CHANNELS),
    new ReLU(),
    new Block(same()),
    new LeakyReLU(),
    conv(CHANNELS, 3, 7),
  );
  const shape = [3, ...SHAPE.slice(1)];
  const size = waves(SHAPE).size;

  it.each([
    { threads: 1, blocking: true },
    { threads: 1, blocking: false },
    { threads: 3, blocking: true },
    { threads: 3, blocking: false },
  ])('leaves other pictures and later runs alone: %o', async (options) => {
    const program = await compile(module.eval(), { ...wasm, ...options, inputShape: shape });
    const x = waves(shape);
    const before = await program.run(x, options);
    const huge = withValue(x, size + 77, 1e37);
    const found = await program.run(huge, options);
    expectClose(found, await run(module, huge, js), { absolute: 5e-5, relative: 1e-5 });
    const third = before.size / 3;
    for (const n of [0, 2]) {
      const part = (tensor: Tensor) => tensor.data.subarray(n * third, (n + 1) * third);
      expect(part(found)).toEqual(part(before));
    }
    expect((await program.run(x, options)).data).toEqual(before.data);
    program.dispose();
  });

  it.each([true, false])('reports each node once, blocking: %s', async (blocking) => {
    const program = await compile(module.eval(), { ...wasm, inputShape: shape });
    const total = 3 * traceGraph(module, shape).nodes.length;
    const done: number[] = [];
    const huge = withValue(waves(shape), size + 77, 1e37);
    await program.run(huge, { blocking, onProgress: (p) => done.push(p.done) });
    expect(done).toEqual(Array.from({ length: total }, (_, i) => i + 1));
    program.dispose();
  });

  it('may be of a single picture without a batch', async () => {
    const huge = withValue(waves(SHAPE.slice(1)), 77, 1e37);
    const found = await run(module, huge, wasm);
    expectClose(found, await run(module, huge, js), { absolute: 5e-5, relative: 1e-5 });
  });

  it('can be aborted', async () => {
    const program = await compile(module.eval(), { ...wasm, inputShape: shape });
    const controller = new AbortController();
    const running = program.run(withValue(waves(shape), 77, 1e37), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expectAborted(running, controller.signal);
    program.dispose();
  });
});

it('is looked for in the first layer alone where norms bound what others read', () => {
  const [side, blocks] = [64, 3];
  const graph = traceGraph(new ResNetGenerator(3, 3, 8, blocks), [1, 3, side, side]);
  const { stages } = lower(fuse(graph, LIMITS));
  const bounds = stages.flatMap((stage) =>
    stage.kind === 'convolution' ? [stage.source.bound] : [],
  );
  expect(bounds[0]).toBe(Number.POSITIVE_INFINITY);
  // n numbers reach √n deviations, and each block adds its own to the sum.
  expect(Math.max(...bounds.slice(1))).toBeLessThanOrEqual((blocks + 1) * side);
});

describe('what is not finite', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    '%f is no huge value: it spreads in its tile, and the rest keeps its bits',
    async (value) => {
      const x = waves(SHAPE);
      const [module, at] = [same(), 5 * SHAPE[3] + 6];
      const clean = await run(module, x, wasm);
      const found = await run(module, withValue(x, at, value), wasm);
      const expected = await run(module, withValue(x, at, value), js);
      const lost = (tensor: Tensor) => tensor.data.filter((v) => !Number.isFinite(v)).length;
      expect(lost(found)).toBeGreaterThan(lost(expected));
      for (const [i, v] of found.data.entries()) {
        if (Number.isFinite(v)) expect(v).toBe(clean.data[i]);
      }
    },
  );

  it('beside a huge value is where it belongs', async () => {
    const x = withValue(withValue(waves(SHAPE), 70, Number.NaN), 72, 1e37);
    const module = same();
    const expected = await run(module, x, js);
    expectClose(await run(module, x, wasm), expected, { absolute: 5e-5, relative: 1e-5 });
  });
});

describe('a value beyond what a layer takes', () => {
  it('reaches the result, too, where each picture of a batch becomes features, and a weight another shape', async () => {
    const mul = moduleOf('Mul', { parameter: [1, CHANNELS], view: [1, CHANNELS, 1, 1] });
    const net = new Sequential(same(), mul, new AdaptiveAvgPool2d(1), new Flatten());
    const x = withValue(waves([2, ...SHAPE.slice(1)]), 700, 1e25);
    const [found, expected] = [await run(net, x, wasm), await run(net, x, js)];
    expect(found.shape).toEqual([2, CHANNELS]);
    expectClose(found, expected, { absolute: 1e-5, relative: 1e-5 });
    expect(Math.max(...expected.data.map(Math.abs))).toBeGreaterThan(1e20);
  });
});
