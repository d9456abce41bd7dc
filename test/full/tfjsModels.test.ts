import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { openWeights } from '../../src/pth/weightFile.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { temporaryFolder } from '../support/command.js';
import { expectAsInTorch, familyCases, runsOf, stateDictOf } from '../support/familyCases.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const golden = familyCases.find(({ name }) => name === 'keras-cyclegan');
if (golden === undefined) throw new Error('There is no golden case of Keras');
const stateDict = stateDictOf(golden);
const [run] = runsOf(golden);

interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: object;
}

/** A kernel of PyTorch as TensorFlow has it: of both kinds of convolution, axes 2, 3, 1, 0. */
function turnedBack({ data, shape }: Tensor): { shape: number[]; numbers: Float32Array } {
  if (shape.length !== 4) return { shape: [...shape], numbers: data };
  const [first, second, height, width] = shape;
  const numbers = new Float32Array(data.length);
  for (let a = 0; a < first; a++)
    for (let b = 0; b < second; b++)
      for (let i = 0; i < height * width; i++)
        numbers[(i * second + b) * first + a] = data[(a * second + b) * height * width + i];
  return { shape: [height, width, second, first], numbers };
}

/** Weights as tensorflowjs_converter names them, of a model that was made after another. */
const weights = [...stateDict].map(([key, tensor]) => {
  const [layer, last] = key.split('.');
  const [, kind, number] = /^(.*?)(?:_(\d+))?$/.exec(layer) as RegExpExecArray;
  const names = layer.startsWith('conv')
    ? { weight: 'kernel', bias: 'bias' }
    : { weight: 'gamma', bias: 'beta' };
  const { shape, numbers } = turnedBack(tensor);
  const name = `${kind}_${Number(number ?? 0) + 21}/${names[last as 'weight' | 'bias']}`;
  return { name, shape, numbers };
});

/** Writes a model into its folder, in shards of so many bytes. */
function written(
  name: string,
  list: readonly { readonly weight: Weight; readonly bytes: Uint8Array }[],
  { shard = 1000, topology = {} as object, format = 'layers-model' } = {},
): string {
  const data = Buffer.concat(list.map(({ bytes }) => bytes));
  const paths: string[] = [];
  for (let at = 0; at < data.length; at += shard) {
    const path = `${name}-shard${paths.length + 1}of${Math.ceil(data.length / shard)}.bin`;
    writeFileSync(join(folder.path, path), data.subarray(at, at + shard));
    paths.push(path);
  }
  const weightsManifest = [{ paths, weights: list.map(({ weight }) => weight) }];
  const file = join(folder.path, `${name}.json`);
  const model = { format, generatedBy: 'keras v2.12.0', modelTopology: topology, weightsManifest };
  writeFileSync(file, JSON.stringify(model));
  return file;
}

const plain = weights.map(({ name, shape, numbers }) => ({
  weight: { name, shape, dtype: 'float32' },
  bytes: new Uint8Array(numbers.slice().buffer),
}));

describe('a layers model of TensorFlow.js', () => {
  it.each([1000, 1 << 20, 7])('has its weights, in shards of %i bytes', async (shard) => {
    const file = written(`plain${shard}`, shard === 7 ? plain.slice(0, 3) : plain, { shard });
    const opened = await openWeights(file);
    expect(opened).toMatchObject({ container: 'tfjs', writer: 'keras v2.12.0' });
    const found = await opened.stateDict();
    for (const [key, tensor] of found) expect(tensor.data).toEqual(stateDict.get(key)?.data);
    expect(found.size).toBe(shard === 7 ? 3 : stateDict.size);
  });

  it('gives the picture of an equal network of PyTorch', async () => {
    const { module, family, notes } = await openGenerator(written('runs', plain));
    expect(family.name).toBe('keras-cyclegan');
    expect(notes).toEqual([]);
    expectAsInTorch(await module.forward(run.input, { engine: 'js' }), run);
  });

  it.each([
    ['uint8', 255],
    ['uint16', 65535],
  ] as const)(
    'that was quantised to %s is what scale and minimum make of it',
    async (dtype, most) => {
      const list = weights.map(({ name, shape, numbers }) => {
        const min = Math.min(...numbers);
        const scale = (Math.max(...numbers) - min) / most || 1;
        const steps = numbers.map((value) => Math.round((value - min) / scale));
        const stored = dtype === 'uint8' ? Uint8Array.from(steps) : Uint16Array.from(steps);
        const quantization = { dtype, scale, min, original_dtype: 'float32' };
        return {
          weight: { name, shape, dtype: 'float32', quantization },
          bytes: new Uint8Array(stored.buffer),
          scale,
        };
      });
      const found = await (await openWeights(written(dtype, list))).stateDict();
      const scales = [...stateDict.keys()].map((key, i) => [key, list[i].scale] as const);
      for (const [key, scale] of scales) {
        const [made, meant] = [found.get(key)?.data ?? [], stateDict.get(key)?.data ?? []];
        const apart = Array.from(made, (value, i) => Math.abs(value - meant[i]));
        expect(Math.max(...apart), key).toBeLessThan(0.51 * scale + 1e-6);
      }
    },
  );

  it.each([
    ['one group', 1, 'layer'],
    ['a group for each channel', -1, 'instance'],
  ])('whose group norms have %s has such norms', async (_, groups, norm) => {
    const list = plain.map(({ weight, bytes }) => {
      const name = weight.name.replace('instance_normalization', 'group_normalization');
      return { weight: { ...weight, name }, bytes };
    });
    const layer = { class_name: 'GroupNormalization', config: { groups, epsilon: 0.001 } };
    const topology = { model_config: { config: { layers: [layer] } } };
    const file = written(`group${groups}`, list, { topology });
    const { config, module, notes } = await openGenerator(file);
    expect(config).toMatchObject({ norm, normLayer: 'group_normalization' });
    expect(module.toString().includes('GroupNorm(1, ')).toBe(norm === 'layer');
    expect(notes).toEqual([]);
  });

  it('whose norms have groups of several channels is refused', async () => {
    const norm = { class_name: 'GroupNormalization', config: { groups: 2, epsilon: 0.001 } };
    const topology = { model_config: { config: { layers: [norm] } } };
    const file = written('groups', plain, { topology });
    await expect(openGenerator(file)).rejects.toThrow(/groups of several channels/);
  });
});

describe('a model of TensorFlow.js that cannot be read', () => {
  it('is refused where it is a graph', async () => {
    const file = written('graph', plain, { format: 'graph-model' });
    await expect(openWeights(file)).rejects.toMatchObject({ code: 'ERR_PTH_TFJS' });
  });

  it('is refused where its shards are missing, lie elsewhere, or are too short', async () => {
    const file = written('missing', plain, { shard: 1 << 20 });
    const first = join(folder.path, 'missing-shard1of1.bin');
    const shards = (paths: readonly string[]) => ({
      modelTopology: {},
      weightsManifest: [{ paths, weights: plain.slice(0, 2).map(({ weight }) => weight) }],
    });
    rmSync(first);
    const cases: [string, string][] = [
      ['missing.json', 'does not lie beside it'],
      ['elsewhere.json', 'does not lie beside it'],
      ['link.json', 'does not lie beside it'],
      ['short.json', 'reaches beyond its files'],
    ];
    writeFileSync(join(folder.path, 'elsewhere.json'), JSON.stringify(shards(['../x.bin'])));
    symlinkSync(file, join(folder.path, 'link.bin'));
    writeFileSync(join(folder.path, 'link.json'), JSON.stringify(shards(['link.bin'])));
    writeFileSync(join(folder.path, 'short.bin'), new Uint8Array(8));
    writeFileSync(join(folder.path, 'short.json'), JSON.stringify(shards(['short.bin'])));
    for (const [name, message] of cases) {
      await expect(openWeights(join(folder.path, name)), name).rejects.toThrow(message);
    }
  });

  it('is refused where it names a shard twice, or has bytes that are of no weight', async () => {
    const list = weights.slice(0, 1).map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
    const bytes = 4 * weights[0].numbers.length;
    const model = (paths: readonly string[]) => ({
      modelTopology: {},
      weightsManifest: [{ paths, weights: list }],
    });
    const file = join(folder.path, 'twice.json');
    writeFileSync(join(folder.path, 'half.bin'), new Uint8Array(bytes / 2));
    writeFileSync(file, JSON.stringify(model(['half.bin', 'half.bin'])));
    await expect(openWeights(file)).rejects.toThrow('names "half.bin" twice');
    writeFileSync(join(folder.path, 'long.bin'), new Uint8Array(bytes + 4));
    writeFileSync(file, JSON.stringify(model(['long.bin'])));
    await expect(openWeights(file)).rejects.toThrow(/of another model/);
  });

  it('is refused as bytes, which have no folder', async () => {
    const text = JSON.stringify({ modelTopology: {}, weightsManifest: [{ paths: ['a.bin'] }] });
    await expect(openWeights(new TextEncoder().encode(text))).rejects.toThrow(/give it as a path/);
  });

  it.each([
    ['no weights', { modelTopology: {}, weightsManifest: [] }],
    ['a shape that is none', manifest({ name: 'a/b', shape: [-1], dtype: 'float32' })],
    ['no name', manifest({ shape: [1], dtype: 'float32' })],
    ['texts', manifest({ name: 'a/b', shape: [0], dtype: 'string' })],
    [
      'nothing to make numbers by',
      manifest({ name: 'a/b', shape: [0], quantization: { dtype: 'uint8' } }),
    ],
    [
      'steps of 32 bits',
      manifest({
        name: 'a/b',
        shape: [0],
        quantization: { dtype: 'int32', scale: 1, min: 0 },
      }),
    ],
    [
      'two weights of one name',
      manifest(
        { name: 'a/b', shape: [0], dtype: 'int32' },
        { name: 'a/b', shape: [0], dtype: 'int32' },
      ),
    ],
  ])('is refused with %s', async (_, model) => {
    const end = await openWeights(new TextEncoder().encode(JSON.stringify(model))).catch((e) => e);
    expect(['ERR_PTH_TFJS', 'ERR_PTH_DTYPE']).toContain(end.code);
  });
});

function manifest(...weights: readonly object[]): object {
  return { modelTopology: {}, weightsManifest: [{ paths: [], weights }] };
}
