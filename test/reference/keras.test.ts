import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { maxAbsDifference } from '../support/closeness.js';
import { temporaryFolder } from '../support/command.js';
import { filled } from '../support/familyCases.js';

const RUNTIMES = join(import.meta.dirname, '../../bench/runtimes');
const hasTensorFlow = existsSync(join(RUNTIMES, 'node_modules/@tensorflow/tfjs'));

const folder = temporaryFolder();
afterAll(folder.remove);

/** What this test needs of TensorFlow.js. */
interface TfTensor {
  readonly shape: number[];
  dataSync(): Float32Array;
  [name: string]: unknown;
}
interface Artifacts {
  readonly modelTopology: object;
  readonly weightSpecs: readonly object[];
  readonly weightData: ArrayBuffer;
}
interface TfModel {
  readonly weights: readonly { readonly shape: number[]; readonly name: string }[];
  setWeights(weights: readonly TfTensor[]): void;
  predict(x: TfTensor): TfTensor;
  save(handler: object): Promise<unknown>;
}
interface TensorFlow {
  readonly layers: {
    Layer: new (config?: object) => object;
    [name: string]: unknown;
  };
  readonly io: { withSaveHandler(save: (artifacts: Artifacts) => Promise<object>): object };
  readonly serialization: { registerClass(type: unknown): void };
  [name: string]: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: TensorFlow.js has types only where it is installed
type Loose = any;

/** The layers of Keras' example that TensorFlow.js lacks. */
function layersOf(tf: Loose) {
  class ReflectionPadding2D extends tf.layers.Layer {
    width: number;
    constructor(config: { width: number }) {
      super(config);
      this.width = config.width;
    }
    computeOutputShape([n, h, w, c]: number[]) {
      const more = 2 * this.width;
      return [n, h === null ? null : h + more, w === null ? null : w + more, c];
    }
    call(inputs: Loose) {
      const { width } = this;
      const sides = [
        [0, 0],
        [width, width],
        [width, width],
        [0, 0],
      ];
      return tf.mirrorPad(inputs[0] ?? inputs, sides, 'reflect');
    }
    static className = 'ReflectionPadding2D';
  }
  class InstanceNormalization extends tf.layers.Layer {
    gamma: Loose;
    beta: Loose;
    build(shape: number[]) {
      const channels = [shape[shape.length - 1]];
      this.gamma = this.addWeight('gamma', channels, 'float32', tf.initializers.ones());
      this.beta = this.addWeight('beta', channels, 'float32', tf.initializers.zeros());
    }
    call(inputs: Loose) {
      const x = inputs[0] ?? inputs;
      const { mean, variance } = tf.moments(x, [1, 2], true);
      const normed = x.sub(mean).div(variance.add(1e-3).sqrt());
      return normed.mul(this.gamma.read()).add(this.beta.read());
    }
    static className = 'InstanceNormalization';
  }
  for (const type of [ReflectionPadding2D, InstanceNormalization]) {
    tf.serialization.registerClass(type);
  }
  return {
    reflected: (width: number, x: Loose) => new ReflectionPadding2D({ width } as never).apply(x),
    normed: (x: Loose) => new InstanceNormalization().apply(x),
  };
}

/** As `get_resnet_generator` makes it. */
function generatorOf(tf: Loose, filters: number, blocks: number): TfModel {
  const { reflected, normed } = layersOf(tf);
  const { layers } = tf;
  const relu = (x: Loose) => layers.activation({ activation: 'relu' }).apply(x);
  const conv = (x: Loose, count: number, kernelSize: number, more: object = {}) =>
    layers.conv2d({ filters: count, kernelSize, useBias: false, ...more }).apply(x);
  const input = tf.input({ shape: [null, null, 3] });
  let x = relu(normed(conv(reflected(3, input), filters, 7)));
  let width = filters;
  for (let i = 0; i < 2; i++) {
    width *= 2;
    x = relu(normed(conv(x, width, 3, { strides: 2, padding: 'same' })));
  }
  for (let i = 0; i < blocks; i++) {
    const y = relu(normed(conv(reflected(1, x), width, 3)));
    x = layers.add().apply([x, normed(conv(reflected(1, y), width, 3))]);
  }
  for (let i = 0; i < 2; i++) {
    width /= 2;
    const up = { filters: width, kernelSize: 3, strides: 2, padding: 'same', useBias: false };
    x = relu(normed(layers.conv2dTranspose(up).apply(x)));
  }
  x = layers.conv2d({ filters: 3, kernelSize: 7 }).apply(reflected(3, x));
  x = layers.activation({ activation: 'tanh' }).apply(x);
  return tf.model({ inputs: input, outputs: x });
}

/** `model.json` and its shards, as tfjs-node writes them. */
async function saved(tf: TensorFlow, model: TfModel): Promise<string> {
  let file = '';
  const handler = tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
    const data = new Uint8Array(weightData);
    const paths: string[] = [];
    for (let at = 0; at < data.length; at += 4096) {
      paths.push(`group1-shard${paths.length + 1}.bin`);
      writeFileSync(join(folder.path, paths[paths.length - 1]), data.subarray(at, at + 4096));
    }
    file = join(folder.path, 'model.json');
    const weightsManifest = [{ paths, weights: weightSpecs }];
    writeFileSync(file, JSON.stringify({ modelTopology, weightsManifest }));
    return { modelArtifactsInfo: {} };
  });
  await model.save(handler);
  return file;
}

const moved = ({ data, shape: [n, a, b, c] }: Tensor, toLast: boolean): Tensor => {
  const [channels, pixels] = toLast ? [a, b * c] : [c, a * b];
  const out = new Float32Array(data.length);
  for (let picture = 0; picture < n; picture++)
    for (let i = 0; i < pixels; i++)
      for (let j = 0; j < channels; j++) {
        const [planar, packed] = [j * pixels + i, i * channels + j].map(
          (at) => picture * channels * pixels + at,
        );
        if (toLast) out[packed] = data[planar];
        else out[planar] = data[packed];
      }
  return new Tensor(out, toLast ? [n, b, c, a] : [n, c, a, b]);
};

describe.skipIf(!hasTensorFlow)("the generator of Keras' example, by TensorFlow.js", () => {
  const tf: Loose = hasTensorFlow
    ? createRequire(join(RUNTIMES, 'package.json'))('@tensorflow/tfjs')
    : null;

  it.each([
    [16, 24],
    [13, 18],
    [15, 21],
  ])('makes the same of a picture of %i x %i', async (height, width) => {
    await tf.setBackend('cpu');
    const model = generatorOf(tf, 4, 2);
    const weights = model.weights.map(({ shape }, number) => {
      const bound = shape.length === 4 ? Math.sqrt(3 / (shape[0] * shape[1] * shape[2])) : 1;
      return tf.tensor(filled(shape, number, -bound, bound).data, shape);
    });
    model.setWeights(weights);
    const generator = await openGenerator(await saved(tf, model));
    expect(generator.family.name).toBe('keras-cyclegan');
    const x = filled([1, 3, height, width], 1000, -1, 1);
    const given = moved(x, true);
    const made = model.predict(tf.tensor(given.data, given.shape));
    const expected = moved(new Tensor(made.dataSync(), made.shape), false);
    const output = await generator.module.forward(x, {
      onProgram: ({ fallbacks }) => expect(fallbacks).toEqual([]),
    });
    expect(output.shape).toEqual(expected.shape);
    expect(maxAbsDifference(output.data, expected.data)).toBeLessThan(1e-4);
  });
});
