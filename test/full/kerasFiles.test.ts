import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openGenerator, savedConfig } from '../../src/generator/openGenerator.js';
import { encodeImage } from '../../src/image/formats.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { openWeights, verifyWeights } from '../../src/pth/weightFile.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { maxAbsDifference } from '../support/closeness.js';
import { commandInFolders, SMALL_PICTURE } from '../support/command.js';
import { expectAsInTorch, familyCases, runsOf, stateDictOf } from '../support/familyCases.js';
import { goldenBytes, goldenPath } from '../support/golden.js';

const fileOf = (name: string) => goldenPath(`kerasFiles/${name}`);
const golden = familyCases.find(({ name }) => name === 'keras-cyclegan');
if (golden === undefined) throw new Error('There is no golden case of Keras');
const expected = new Map([...stateDictOf(golden)].map(([key, { data }]) => [key, [...data]]));
const [run] = runsOf(golden);

const numbers = (tensors: ReadonlyMap<string, { readonly data: Float32Array }>) =>
  new Map([...tensors].map(([key, { data }]) => [key, [...data]]));

describe('weights that Keras saved', () => {
  it.each([
    ['keras2.h5', 'hdf5', 'Keras 2.12.0'],
    ['keras2_whole.h5', 'hdf5', 'Keras 2.12.0'],
    ['packed.h5', 'hdf5', 'Keras 2.12.0'],
    ['keras3.weights.h5', 'hdf5', 'Keras'],
    ['latest.weights.h5', 'hdf5', 'Keras'],
    ['model.keras', 'keras', 'Keras 3.3.3'],
  ])('of %s are the weights that were put in', async (name, container, writer) => {
    const file = await openWeights(fileOf(name));
    expect(file).toMatchObject({ container, writer });
    expect(numbers(await file.stateDict())).toEqual(expected);
    expect(numbers(await loadStateDict(goldenBytes(`kerasFiles/${name}`)))).toEqual(expected);
  });

  it('of an archive are the same each time, whatever was done to them', async () => {
    const file = await openWeights(fileOf('model.keras'));
    for (const { data } of (await file.stateDict()).values()) data.fill(0);
    expect(numbers(await file.stateDict())).toEqual(expected);
  });

  it('give the picture of an equal network of PyTorch', async () => {
    const { module, family, notes } = await openGenerator(fileOf('keras2.h5'));
    expect(family.name).toBe('keras-cyclegan');
    expect(notes).toEqual([]);
    expectAsInTorch(await module.forward(run.input, { engine: 'js' }), run);
  });

  it.each([
    ['keras2_nested.h5', 'generator_G', 'generator_F'],
    ['cyclegan.weights.h5', 'gen_G', 'gen_F'],
  ])('of the two generators of %s are told apart by their names', async (name, one, other) => {
    await expect(openGenerator(fileOf(name))).rejects.toThrow(
      new RegExp(
        `holds 2 generators: say which with --key.*"${other}".*"${one}"|"${one}".*"${other}"`,
      ),
    );
    const { module } = await openGenerator(fileOf(name), { key: one });
    expect(numbers(module.stateDict())).toEqual(expected);
    const { module: second } = await openGenerator(fileOf(name), { key: other });
    expect(numbers(second.stateDict())).not.toEqual(expected);
  });

  it('are compared with the checksums of their archive', async () => {
    const bytes = goldenBytes('kerasFiles/model.keras');
    expect(await verifyWeights(bytes)).toBe(0);
    bytes[bytes.length >> 1] ^= 1;
    await expect(verifyWeights(bytes)).rejects.toMatchObject({ code: 'ERR_PTH_CHECKSUM' });
  });
});

/** A file of `test/golden/make_keras_models.py`. */
interface Encoded {
  readonly shape: readonly number[];
  /** Base64 of little-endian float32. */
  readonly elements: string;
}

const ofKeras = JSON.parse(readFileSync(goldenPath('kerasModels/kerasModels.json'), 'utf8')) as {
  readonly keras: string;
  readonly input: Encoded;
  readonly output: Encoded;
  readonly weights: readonly (Encoded & { readonly path: string })[];
};

const TORCH_NAMES = { kernel: 'weight', bias: 'bias', gamma: 'weight', beta: 'bias' };

/** A value with its axes put in another order. */
function ordered({ shape, elements }: Encoded, axes: readonly number[]): Tensor {
  const stored = new Float32Array(Uint8Array.from(Buffer.from(elements, 'base64')).buffer);
  const sides = axes.map((axis) => shape[axis]);
  const strides = axes.map((axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const data = stored.map((_, i) => {
    let [rest, from] = [i, 0];
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      from += (rest % sides[axis]) * strides[axis];
      rest = Math.floor(rest / sides[axis]);
    }
    return stored[from];
  });
  return new Tensor(data, sides);
}

describe.each(['whole.keras', 'whole.h5', 'only.weights.h5'])(
  '%s, which Keras itself saved,',
  (name) => {
    const path = goldenPath(`kerasModels/${name}`);

    it('has the weights that Keras has', async () => {
      const file = await openWeights(path);
      // Weights alone do not say of which Keras they are.
      expect(file.writer).toBe(name.startsWith('whole') ? `Keras ${ofKeras.keras}` : 'Keras');
      const read = await file.stateDict();
      expect(read.size).toBe(ofKeras.weights.length);
      for (const weight of ofKeras.weights) {
        const [layer, own] = weight.path.split('/') as [string, keyof typeof TORCH_NAMES];
        const found = read.get(`${layer}.${TORCH_NAMES[own]}`);
        const wanted = ordered(weight, own === 'kernel' ? [3, 2, 0, 1] : [0]);
        expect(found?.shape, weight.path).toEqual(wanted.shape);
        expect([...(found?.data ?? [])], weight.path).toEqual([...wanted.data]);
      }
    });

    it('makes the picture that Keras makes', async () => {
      const { module, family, notes } = await openGenerator(path);
      expect(family.name).toBe('keras-cyclegan');
      expect(notes).toHaveLength(name.startsWith('whole') ? 0 : 1);
      const made = await module.forward(ordered(ofKeras.input, [0, 3, 1, 2]), { engine: 'js' });
      const wanted = ordered(ofKeras.output, [0, 3, 1, 2]);
      expect(made.shape).toEqual(wanted.shape);
      expect(maxAbsDifference(made.data, wanted.data)).toBeLessThan(1e-5);
    });
  },
);

describe('the command', () => {
  const { run, at } = commandInFolders();

  it('makes a .pth of a file of Keras, and a picture with it', async () => {
    const made = await run('export', fileOf('epsilon.keras'), 'net.pth');
    expect(made, made.stderr).toMatchObject({ code: 0 });
    const generator = await openGenerator(at('net.pth'));
    expect(generator.config).toMatchObject({ epsilon: 1e-5 });
    expect(numbers(generator.module.stateDict())).toEqual(expected);
    writeFileSync(at('in.png'), encodeImage(SMALL_PICTURE, 'in.png'));
    const pictured = await run('in.png', 'out.png', '-w', fileOf('keras2.h5'));
    expect(pictured, pictured.stderr).toMatchObject({ code: 0 });
    const told = await run('inspect', fileOf('keras2.h5'));
    expect(told.stdout).toContain('HDF5 of Keras');
    expect(told.stdout).toContain('KerasResnetGenerator');
  }, 60_000);
});

describe('what a Keras model says of its norms', () => {
  it('is heeded where its epsilon is another', async () => {
    const { config, module } = await openGenerator(fileOf('epsilon.keras'));
    expect(config).toMatchObject({ epsilon: 1e-5 });
    expect(module.toString()).toContain('eps=1e-05');
  });

  it('refuses it where their groups have several channels', async () => {
    await expect(openGenerator(fileOf('groups.keras'))).rejects.toThrow(
      /groups of several channels/,
    );
  });

  it('is said to be taken where a file does not tell', async () => {
    const one = familyCases.find(({ name }) => name === 'keras-cyclegan-group-normalization');
    if (one === undefined) throw new Error('There is no golden case of group norms');
    const opened = await openGenerator(encodeStateDict(stateDictOf(one), 'net.pth'));
    expect(opened.notes).toEqual([expect.stringMatching(/how many groups/)]);
    // What was taken is still not known of a file that is made of it.
    const more = { config: savedConfig(opened) };
    const again = await openGenerator(encodeStateDict(stateDictOf(one), 'net.pth', more));
    expect(again.notes).toEqual(opened.notes);
  });
});

describe('an HDF5 file that is none of Keras, or damaged,', () => {
  const whole = goldenBytes('kerasFiles/keras3.weights.h5');

  it('is refused where it ends too soon', async () => {
    for (const length of [9, 95, 800, whole.length >> 1, whole.length - 8]) {
      await expect(openWeights(whole.slice(0, length)), `${length} bytes`).rejects.toMatchObject({
        code: 'ERR_PTH_HDF5',
      });
    }
  });

  it('is refused where a group leads back to itself', async () => {
    const bytes = whole.slice();
    const view = new DataView(bytes.buffer);
    const tree = new TextEncoder().encode('TREE');
    const at = bytes.findIndex((_, i) => tree.every((byte, j) => bytes[i + j] === byte));
    // A node one level further up, which has itself below it.
    bytes[at + 5] = 1;
    view.setBigUint64(at + 32, BigInt(at), true);
    await expect(openWeights(bytes)).rejects.toMatchObject({ code: 'ERR_PTH_HDF5' });
  });

  it('costs no memory for what its shapes claim', async () => {
    const bytes = whole.slice();
    const view = new DataView(bytes.buffer);
    // The shape of the first kernel: [7, 7, 3, 2] becomes [7, 7, 3, 2 to the power of 40].
    const sides = [7, 7, 3, 2].flatMap((side) => [side, 0, 0, 0, 0, 0, 0, 0]);
    const at = bytes.findIndex((_, i) => sides.every((byte, j) => bytes[i + j] === byte));
    expect(at).toBeGreaterThan(0);
    view.setBigUint64(at + 24, 2n ** 40n, true);
    await expect(openWeights(bytes)).rejects.toMatchObject({ code: 'ERR_PTH_HDF5' });
  });
});
