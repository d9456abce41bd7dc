import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exportOnnx, type OnnxOptions } from '../../src/export/onnx/exportOnnx.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { AdaptiveAvgPool2d } from '../../src/nn/adaptiveAvgPool2d.js';
import { AdaptiveMaxPool2d } from '../../src/nn/adaptiveMaxPool2d.js';
import { AvgPool2d } from '../../src/nn/avgPool2d.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { Flatten } from '../../src/nn/flatten.js';
import { GroupNorm } from '../../src/nn/groupNorm.js';
import { Hardtanh } from '../../src/nn/hardtanh.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import { LeakyReLU } from '../../src/nn/leakyRelu.js';
import { Linear } from '../../src/nn/linear.js';
import { MaxPool2d } from '../../src/nn/maxPool2d.js';
import type { Module } from '../../src/nn/module.js';
import { PixelShuffle } from '../../src/nn/pixelShuffle.js';
import { PReLU } from '../../src/nn/prelu.js';
import { manualSeed } from '../../src/nn/random.js';
import { ReplicationPad2d } from '../../src/nn/replicationPad2d.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Softmax } from '../../src/nn/softmax.js';
import { Upsample } from '../../src/nn/upsample.js';
import { ZeroPad2d } from '../../src/nn/zeroPad2d.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { temporaryFolder } from '../support/command.js';
import {
  fixtureFloats,
  fixturePath,
  hasFixtures,
  manifest,
  type TensorPlace,
  tensorAt,
} from '../support/fixtures.js';
import { moduleOf } from '../support/modules.js';
import { Twice } from '../support/twice.js';

const RUNTIMES_FOLDER = join(import.meta.dirname, '../../bench/runtimes');
/** Two float32 runtimes, each of which may be some 1e-5 from the truth. */
const TOLERANCE = 2e-4;
const folder = temporaryFolder();
afterAll(folder.remove);

interface Runtime {
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{
      run(feeds: object): Promise<Record<string, { data: Float32Array; dims: readonly number[] }>>;
    }>;
  };
  readonly Tensor: new (type: string, data: Float32Array, dims: readonly number[]) => object;
}

const RUNTIMES = ['onnxruntime-node', 'onnxruntime-web'].filter((name) =>
  existsSync(join(RUNTIMES_FOLDER, 'node_modules', name)),
);

async function runElsewhere(runtime: string, model: Uint8Array, input: Tensor): Promise<Tensor> {
  const require = createRequire(join(RUNTIMES_FOLDER, 'package.json'));
  const ort = require(runtime) as Runtime;
  const executionProviders = [runtime.endsWith('web') ? 'wasm' : 'cpu'];
  const session = await ort.InferenceSession.create(model, { executionProviders });
  const { output } = await session.run({
    input: new ort.Tensor('float32', input.data, input.shape),
  });
  return new Tensor(output.data, output.dims);
}

function checkModels(models: readonly Uint8Array[]): string[] {
  const files = models.map((model, i) => {
    const file = join(folder.path, `${i}.onnx`);
    writeFileSync(file, model);
    return file;
  });
  const script = join(import.meta.dirname, 'check_onnx.py');
  const text = execFileSync(process.env.PYTHON ?? 'python3', [script, ...files], {
    encoding: 'utf8',
  });
  return text.trim().split('\n');
}

function largest(a: Tensor, b: Tensor): number {
  expect(a.shape).toEqual(b.shape);
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i])), 0);
}

const noise = (shape: readonly number[]) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(
    Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 1009) / 1009),
    shape,
  );
};

/** Every operator and option that a graph can hold. */
function everything(): Module {
  manualSeed(3);
  return new Sequential(
    new Conv2d(2, 6, [3, 5], { stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2 }),
    new InstanceNorm2d(6, { affine: true }),
    new LeakyReLU(0.2),
    new ConvTranspose2d(6, 4, 3, { stride: 2, padding: 1, outputPadding: 1, bias: false }),
    new InstanceNorm2d(4, { trackRunningStats: true }),
  ).eval();
}

const bilinear = { mode: 'bilinear' } as const;
/** Operators that other networks than ours have, with what runtimes differ in, and repeated calls. Of six channels each. */
const LAYERS: readonly Module[] = [
  new GroupNorm(1, 6),
  new GroupNorm(3, 6, { affine: false, eps: 0.1 }),
  moduleOf('UnbiasedNorm', { num_groups: 1, num_channels: 6, eps_outside: false }),
  moduleOf('UnbiasedNorm', { num_groups: 2, num_channels: 6, eps_outside: true }),
  new PReLU(6),
  new PReLU(),
  new Hardtanh(-0.25, 0.5),
  moduleOf('Clamp', { min: 0.3 }),
  moduleOf('Clamp', { max: 0.3 }),
  moduleOf('Mul', { mask_of: 6 }),
  moduleOf('Sub', { mask_of: 6, reversed: true }),
  moduleOf('Div', { pooled: true }),
  moduleOf('Mul', { parameter: [1, 6, 1, 1] }),
  moduleOf('Mul', { parameter: [1, 6], view: [6, 1, 1] }),
  new Sequential(new Flatten(), new Linear(6 * 9 * 14, 5)),
  new Linear(14, 3),
  moduleOf('Reshape', { shape: [-1, 14, 54, 1] }),
  moduleOf('Cat', { dim: 1, channels: [6, 3] }),
  moduleOf('Narrow', { dim: 1, start: 1, length: 4 }),
  moduleOf('Narrow', { dim: -2, start: 3, length: 5 }),
  new Sequential(new Conv2d(6, 18, 1), new PixelShuffle(3)),
  new Softmax(1),
  new Softmax(-2),
  new ZeroPad2d([1, 2, 0, 3]),
  new ReplicationPad2d([4, -2, -1, 12]),
  moduleOf('Pad', { padding: [-12, 11, 0, -4], mode: 'reflect' }),
  new Upsample({ scaleFactor: 2 }),
  new Upsample({ scaleFactor: [1.7, 0.6] }),
  new Upsample({ size: [5, 31] }),
  new Upsample({ scaleFactor: [0.5, 2], ...bilinear }),
  new Upsample({ scaleFactor: [1.01, 1.7], ...bilinear }),
  new Upsample({ size: [1, 31], ...bilinear }),
  new Upsample({ size: [13, 1], ...bilinear, alignCorners: true }),
  new AdaptiveAvgPool2d(1),
  new AdaptiveAvgPool2d([3, 7]),
  new AdaptiveMaxPool2d(1),
  new AdaptiveMaxPool2d([9, 2]),
  new AvgPool2d([2, 3]),
  new AvgPool2d(3, { stride: 2, padding: 1 }),
  new AvgPool2d(4, { padding: 2, ceilMode: true }),
  new AvgPool2d(4, { padding: 1, ceilMode: true, countIncludePad: false }),
  new MaxPool2d(3, { stride: 2, padding: 1, ceilMode: true }),
  new MaxPool2d([3, 2], { stride: 1, dilation: [2, 3], padding: 1 }),
  new MaxPool2d(2, { stride: [4, 6], padding: 1, ceilMode: true }),
  new Twice(6).eval(),
];

it('the ONNX checker takes every model', () => {
  const options: OnnxOptions[] = [{}, { opset: 11 }, { opset: 16, dynamic: true }, { fp16: true }];
  const models = options.map((o) => exportOnnx(new ResNetGenerator(3, 3, 4, 2), [1, 3, 12, 16], o));
  models.push(
    exportOnnx(everything(), [2, 2, 9, 14]),
    exportOnnx(everything(), [2, 2, 9, 14], { exactNorms: true, fp16: true }),
    exportOnnx(new ResNetGenerator(3, 3, 4, 1, { norm: 'batch' }).eval(), [1, 3, 8, 8]),
    ...LAYERS.flatMap((layer) =>
      [11, 13, 17, 20].map((opset) => exportOnnx(layer, [2, 6, 9, 14], { opset })),
    ),
    ...LAYERS.map((layer) => exportOnnx(layer, [2, 6, 9, 14], { fp16: true })),
  );
  expect(checkModels(models)).toEqual(models.map(() => 'ok'));
});

describe.each(RUNTIMES)('%s', (runtime) => {
  it('gives our output, for any size where sides are dynamic', async () => {
    const module = everything();
    const input = noise([2, 2, 9, 14]);
    const expected = await module.forward(input, { engine: 'js' });
    const model = exportOnnx(module, input.shape);
    expect(largest(await runElsewhere(runtime, model, input), expected)).toBeLessThan(TOLERANCE);
    for (const opset of [11, 18]) {
      const exact = exportOnnx(module, input.shape, { exactNorms: true, opset });
      expect(largest(await runElsewhere(runtime, exact, input), expected)).toBeLessThan(TOLERANCE);
    }
    const norm = new InstanceNorm2d(2, { affine: true });
    const alone = exportOnnx(norm, input.shape, { exactNorms: true });
    const normalized = await norm.forward(input, { engine: 'js' });
    expect(largest(await runElsewhere(runtime, alone, input), normalized)).toBeLessThan(TOLERANCE);
    const netG = new ResNetGenerator(3, 3, 4, 2).eval();
    const dynamic = exportOnnx(netG, [1, 3, 12, 16], { dynamic: true });
    for (const shape of [
      [1, 3, 12, 16],
      [2, 3, 21, 7],
    ]) {
      const x = noise(shape);
      const ours = await netG.forward(x, { engine: 'js' });
      expect(largest(await runElsewhere(runtime, dynamic, x), ours)).toBeLessThan(TOLERANCE);
    }
  });

  it.each(LAYERS.map((layer) => [String(layer), layer] as const))(
    'gives our output of %s',
    async (_, layer) => {
      const x = noise([2, 6, 9, 14]);
      const expected = await layer.forward(x, { engine: 'js' });
      for (const opset of [11, 12, 13, 17, 18, 19, 20]) {
        const found = await runElsewhere(runtime, exportOnnx(layer, x.shape, { opset }), x);
        expect(largest(found, expected), `opset ${opset}`).toBeLessThan(1e-5);
      }
      // Another number of pictures, and numbers of 16 bits.
      const more = noise([3, 6, 9, 14]);
      const dynamic = exportOnnx(layer, x.shape, { dynamic: true });
      const ours = await layer.forward(more, { engine: 'js' });
      expect(largest(await runElsewhere(runtime, dynamic, more), ours)).toBeLessThan(1e-5);
      const half = exportOnnx(layer, x.shape, { fp16: true });
      expect(largest(await runElsewhere(runtime, half, x), expected)).toBeLessThan(5e-3);
    },
  );

  interface NetsManifest {
    readonly nets: readonly {
      readonly weights: { readonly zip: string };
      readonly cases: readonly {
        readonly tensors: { readonly input: TensorPlace; readonly output: TensorPlace };
      }[];
    }[];
  }
  const { nets } = manifest<NetsManifest>('nets', { nets: [] });

  it.runIf(hasFixtures)('gives PyTorch’s output on the reference networks', async () => {
    const data = fixtureFloats('nets', 'nets.f32');
    for (const { weights, cases } of nets) {
      const netG = ResNetGenerator.fromStateDict(
        await loadStateDict(fixturePath('nets', weights.zip)),
      );
      for (const { tensors } of cases) {
        const x = tensorAt(data, tensors.input);
        if (x.shape.length !== 4 || x.shape[0] === 0) continue;
        const found = await runElsewhere(runtime, exportOnnx(netG, x.shape), x);
        expect(largest(found, tensorAt(data, tensors.output))).toBeLessThan(TOLERANCE);
      }
    }
  });

  it('gives the output of a whole generator, with norms that are exact', async () => {
    manualSeed(7);
    const netG = new ResNetGenerator().eval();
    const x = noise([1, 3, 256, 314]);
    const expected = await netG.forward(x);
    const model = exportOnnx(netG, x.shape, { exactNorms: true });
    expect(largest(await runElsewhere(runtime, model, x), expected)).toBeLessThan(TOLERANCE);
  });
});
