import { describe, expect, it } from 'vitest';
import { exportOnnx, type OnnxOptions } from '../../src/export/onnx/exportOnnx.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { AdaptiveAvgPool2d } from '../../src/nn/adaptiveAvgPool2d.js';
import { AdaptiveMaxPool2d } from '../../src/nn/adaptiveMaxPool2d.js';
import { AvgPool2d } from '../../src/nn/avgPool2d.js';
import { BatchNorm2d } from '../../src/nn/batchNorm2d.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { Flatten } from '../../src/nn/flatten.js';
import { GroupNorm } from '../../src/nn/groupNorm.js';
import { Hardtanh } from '../../src/nn/hardtanh.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import { LeakyReLU } from '../../src/nn/leakyRelu.js';
import { Linear } from '../../src/nn/linear.js';
import { MaxPool2d } from '../../src/nn/maxPool2d.js';
import { Module } from '../../src/nn/module.js';
import { PixelShuffle } from '../../src/nn/pixelShuffle.js';
import { PReLU } from '../../src/nn/prelu.js';
import { manualSeed } from '../../src/nn/random.js';
import { ReflectionPad2d } from '../../src/nn/reflectionPad2d.js';
import { ReLU } from '../../src/nn/relu.js';
import { ReplicationPad2d } from '../../src/nn/replicationPad2d.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Sigmoid } from '../../src/nn/sigmoid.js';
import { Softmax } from '../../src/nn/softmax.js';
import { Tanh } from '../../src/nn/tanh.js';
import { Upsample } from '../../src/nn/upsample.js';
import { ZeroPad2d } from '../../src/nn/zeroPad2d.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from '../support/closeness.js';
import { moduleOf } from '../support/modules.js';
import { type OnnxModel, readOnnx, runOnnx } from '../support/onnxModel.js';

/** No two sides are the same, so that none can stand for another. */
const SHAPE = [2, 3, 9, 12];
const input = new Tensor(
  Float32Array.from({ length: 2 * 3 * 9 * 12 }, (_, i) => ((i * 37) % 101) / 50 - 1),
  SHAPE,
);

const modelOf = (module: Module, options: OnnxOptions = {}, shape = SHAPE): OnnxModel =>
  readOnnx(exportOnnx(module, shape, options));

/** Weights of any size, positive where they are variances. */
function filled<M extends Module>(module: M): M {
  manualSeed(3);
  const state = new Map(
    [...module.stateDict()].map(([key, { shape, size }], n) => {
      const data = Float32Array.from({ length: size }, (_, i) => Math.sin(1 + n + i * 1.7));
      const isVariance = key.endsWith('running_var');
      return [key, new Tensor(isVariance ? data.map((v) => 0.5 + v * v) : data, shape)] as const;
    }),
  );
  module.loadStateDict(state);
  return module.eval();
}

class Residual extends Module {
  readonly block = this.registerModule('block', new Sequential(new InstanceNorm2d(3), new Tanh()));
  override trace(g: GraphBuilder, x: Value): Value {
    return g.add(g.call(this.block, x), x);
  }
}

const uneven = { stride: [2, 1], padding: [1, 2] } as const;
const LAYERS: readonly (readonly [string, () => Module])[] = [
  ['Conv2d', () => new Conv2d(3, 4, [3, 2], { ...uneven, dilation: [1, 2] })],
  ['Conv2d of groups, without bias', () => new Conv2d(3, 6, 3, { groups: 3, bias: false })],
  [
    'ConvTranspose2d',
    () => new ConvTranspose2d(3, 5, [3, 4], { ...uneven, outputPadding: [1, 0], dilation: 1 }),
  ],
  ['ConvTranspose2d of groups', () => new ConvTranspose2d(3, 6, 2, { groups: 3, bias: false })],
  ['InstanceNorm2d', () => new InstanceNorm2d(3, { eps: 0.25 })],
  ['InstanceNorm2d, affine', () => new InstanceNorm2d(3, { affine: true })],
  ['InstanceNorm2d with statistics', () => new InstanceNorm2d(3, { trackRunningStats: true })],
  ['GroupNorm', () => new GroupNorm(1, 3)],
  ['GroupNorm, not affine', () => new GroupNorm(3, 3, { affine: false, eps: 0.25 })],
  [
    'GroupNorm, unbiased',
    () => moduleOf('UnbiasedNorm', { num_groups: 1, num_channels: 3, eps_outside: false }),
  ],
  [
    'GroupNorm, unbiased, eps outside',
    () => moduleOf('UnbiasedNorm', { num_groups: 3, num_channels: 3, eps_outside: true }),
  ],
  ['BatchNorm2d', () => new BatchNorm2d(3, { eps: 0.5 })],
  ['BatchNorm2d, not affine', () => new BatchNorm2d(3, { affine: false })],
  ['ReflectionPad2d', () => new ReflectionPad2d([1, 2, 3, 4])],
  ['ZeroPad2d', () => new ZeroPad2d([0, 0, 0, 0])],
  ['ReplicationPad2d', () => new ReplicationPad2d([1, 2, 3, -4])],
  ['pad beyond what is left', () => moduleOf('Pad', { padding: [-7, 6, 0, -5], mode: 'reflect' })],
  ['pad by less', () => moduleOf('Pad', { padding: [-1, 0, -2, -3], mode: 'constant' })],
  ['cat', () => moduleOf('Cat', { dim: 1, channels: [3, 2] })],
  ['narrow', () => moduleOf('Narrow', { dim: 1, start: 1, length: 2 })],
  ['narrow from the end', () => moduleOf('Narrow', { dim: -1, start: 3, length: 5 })],
  ['PixelShuffle', () => new Sequential(new Conv2d(3, 8, 1), new PixelShuffle(2))],
  ['Softmax', () => new Softmax(1)],
  ['Softmax of columns', () => new Softmax(-1)],
  ['cat from the end', () => moduleOf('Cat', { dim: -3, channels: [3, 2] })],
  ['Upsample', () => new Upsample({ scaleFactor: 2 })],
  ['Upsample to a size', () => new Upsample({ size: [5, 17] })],
  ['Upsample, bilinear', () => new Upsample({ scaleFactor: [1.7, 0.5], mode: 'bilinear' })],
  [
    'Upsample, bilinear, one side',
    () => new Upsample({ scaleFactor: [1.01, 2], mode: 'bilinear' }),
  ],
  [
    'Upsample, corners aligned',
    () => new Upsample({ size: [13, 8], mode: 'bilinear', alignCorners: true }),
  ],
  ['MaxPool2d', () => new MaxPool2d([3, 2], { ...uneven, padding: [1, 1], dilation: [1, 3] })],
  ['MaxPool2d, rounded up', () => new MaxPool2d(3, { stride: [3, 4], ceilMode: true })],
  [
    'MaxPool2d without a last window',
    () => new MaxPool2d(2, { stride: [4, 6], padding: 1, ceilMode: true }),
  ],
  ['AvgPool2d', () => new AvgPool2d([2, 4], { stride: 3, padding: [1, 2] })],
  ['AvgPool2d, rounded up', () => new AvgPool2d(4, { padding: 1, ceilMode: true })],
  [
    'AvgPool2d of what is there',
    () => new AvgPool2d(3, { stride: 2, padding: 1, ceilMode: true, countIncludePad: false }),
  ],
  ['AdaptiveAvgPool2d of all', () => new AdaptiveAvgPool2d(1)],
  ['AdaptiveAvgPool2d', () => new AdaptiveAvgPool2d([3, 2])],
  ['AdaptiveMaxPool2d of all', () => new AdaptiveMaxPool2d(1)],
  ['AdaptiveMaxPool2d', () => new AdaptiveMaxPool2d([9, 4])],
  ['LeakyReLU', () => new LeakyReLU(0.3)],
  ['ReLU', () => new ReLU()],
  ['PReLU', () => new PReLU(3)],
  ['PReLU of one slope', () => new PReLU()],
  ['Sigmoid', () => new Sigmoid()],
  ['Hardtanh', () => new Hardtanh(-0.5, 0.75)],
  ['clamp from below', () => moduleOf('Clamp', { min: 0.25 })],
  ['clamp from above', () => moduleOf('Clamp', { max: 0.25 })],
  ['mul by a mask', () => moduleOf('Mul', { mask_of: 3 })],
  ['sub of a mask', () => moduleOf('Sub', { mask_of: 3, reversed: true })],
  ['div by a mean', () => moduleOf('Div', { pooled: true })],
  ['mul by a parameter', () => moduleOf('Mul', { parameter: [1, 3, 1, 1] })],
  ['add of one number', () => moduleOf('Add', { parameter: [1] })],
  [
    'mul by a parameter in another shape',
    () => moduleOf('Mul', { parameter: [1, 3], view: [3, 1, 1] }),
  ],
  ['Flatten and Linear', () => new Sequential(new Flatten(), new Linear(3 * 9 * 12, 4))],
  ['Linear without bias', () => new Sequential(new Flatten(), new Linear(324, 2, { bias: false }))],
  ['Linear of columns', () => new Linear(12, 5)],
  ['reshape', () => moduleOf('Reshape', { shape: [2, 4, -1, 3] })],
  ['Tanh', () => new Tanh()],
  ['a sum', () => new Residual()],
];

describe('an ONNX model computes what its network computes', () => {
  it.each(LAYERS)('%s', async (_, layer) => {
    const module = filled(new Sequential(layer()));
    const expected = await module.forward(input, { engine: 'js' });
    for (const options of [
      {},
      { opset: 11 },
      { opset: 20 },
      { exactNorms: true },
      { exactNorms: true, opset: 18 },
    ]) {
      const model = modelOf(module, options);
      expectClose(runOnnx(model, input), expected, { absolute: 1e-5, relative: 1e-5 });
      expect(model.outputs[0].shape).toEqual(expected.shape);
    }
  });

  it.each([false, true])(
    'of other sides than it was traced with: eps outside %s',
    async (outside) => {
      const params = { num_groups: 1, num_channels: 3, eps_outside: outside };
      const module = filled(new Sequential(moduleOf('UnbiasedNorm', params)));
      const smaller = new Tensor(input.data.slice(0, 3 * 2 * 3), [1, 3, 2, 3]);
      const found = runOnnx(modelOf(module, { dynamic: true }), smaller);
      expectClose(found, await module.forward(smaller, { engine: 'js' }), { absolute: 1e-5 });
    },
  );

  it.each([undefined, 'batch', 'instanceAffine'] as const)('a generator: norm %s', async (norm) => {
    const netG = filled(new ResNetGenerator(3, 2, 2, 1, { norm }));
    const expected = await netG.forward(input, { engine: 'js' });
    for (const exactNorms of [false, true]) {
      const found = runOnnx(modelOf(netG, { exactNorms }), input);
      expectClose(found, expected, { absolute: 1e-4 });
    }
  });
});

describe('an ONNX model', () => {
  const affineFree = () => filled(new Sequential(new InstanceNorm2d(3), new Conv2d(3, 4, 3)));

  it('scales by 1 and shifts by 0, once for each channel, where a norm has no weights', () => {
    const { nodes, initializers } = modelOf(affineFree());
    const [, scale, shift] = nodes[0].inputs.map((name) => initializers.get(name)?.tensor);
    expect([scale?.shape, [...(scale?.data ?? [])]]).toEqual([[3], [1, 1, 1]]);
    expect([shift?.shape, [...(shift?.data ?? [])]]).toEqual([[3], [0, 0, 0]]);
    expect(nodes[0].attributes).toEqual({ epsilon: Math.fround(1e-5) });
  });

  it('has the version, opset and names that it is asked for', () => {
    const model = modelOf(affineFree(), { metadata: { a: 'b', c: 'é' } });
    expect([model.irVersion, [...model.opsets]]).toEqual([8, [['', 17]]]);
    expect([...model.metadata]).toEqual([
      ['a', 'b'],
      ['c', 'é'],
    ]);
    expect(model.graphName).toBe('Sequential');
    expect(model.nodes.map(({ type, name }) => [type, name])).toEqual([
      ['InstanceNormalization', '/0/InstanceNormalization'],
      ['Conv', '/1/Conv'],
    ]);
    expect([...modelOf(affineFree(), { opset: 11 }).opsets]).toEqual([['', 11]]);
    expect([...modelOf(affineFree(), { opset: 20 }).opsets]).toEqual([['', 20]]);
    for (const opset of [10, 21, 17.5]) {
      expect(() => modelOf(affineFree(), { opset })).toThrow(/11 to 20/);
    }
  });

  it('is not made of windows that are not of one size', () => {
    const pool = new Sequential(new AdaptiveAvgPool2d([2, 3]));
    expect(() => modelOf(pool)).toThrow(/^0: ONNX pools 9 x 12 pixels to 2 x 3 only where/);
  });

  it('says which sides may be any', () => {
    const plain = modelOf(affineFree());
    expect(plain.inputs).toEqual([{ name: 'input', element: 1, shape: SHAPE }]);
    expect(plain.outputs).toEqual([{ name: 'output', element: 1, shape: [2, 4, 7, 10] }]);
    const { inputs, outputs } = modelOf(affineFree(), { dynamic: true });
    expect(inputs[0].shape).toEqual(['batch', 3, 'height', 'width']);
    expect(outputs[0].shape).toEqual(['batch', 4, 'output_height', 'output_width']);
  });

  it('has every constant once, and no other', () => {
    const three = new Sequential(
      new InstanceNorm2d(3),
      new InstanceNorm2d(3),
      new ReflectionPad2d(1),
    );
    const file = exportOnnx(three, SHAPE);
    const { initializers, nodes } = readOnnx(file);
    const read = new Set(
      nodes.flatMap(({ inputs }) => inputs).filter((name) => initializers.has(name)),
    );
    expect([...initializers.keys()].sort()).toEqual([...read].sort());
    expect(initializers.size).toBe(3);
  });

  it('of 16 bits turns its input to them and its output back', () => {
    const { nodes, initializers, inputs, outputs } = modelOf(affineFree(), { fp16: true });
    expect([inputs[0].element, outputs[0].element]).toEqual([1, 1]);
    for (const [name, { element }] of initializers) expect([name, element]).toEqual([name, 10]);
    const [first, ...rest] = nodes;
    const last = rest[rest.length - 1];
    expect([first.type, first.attributes, first.inputs]).toEqual(['Cast', { to: 10 }, ['input']]);
    expect([last.type, last.attributes, last.outputs]).toEqual(['Cast', { to: 1 }, ['output']]);
    expect(rest[0].inputs[0]).toBe(first.outputs[0]);
    expect(last.inputs).toEqual(rest[rest.length - 2].outputs);
  });
});
