import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/cli/modelList.js';
import { CycleganError } from '../../src/errors.js';
import { CutGenerator } from '../../src/generator/cut/cutGenerator.js';
import { DeblurGanGenerator } from '../../src/generator/deblurgan/deblurGanGenerator.js';
import { FAMILIES, recogniseGenerator } from '../../src/generator/families.js';
import type { Family, ValueRange } from '../../src/generator/family.js';
import { MobileResnetGenerator } from '../../src/generator/gancompression/mobileResnetGenerator.js';
import { inspectWeights } from '../../src/generator/inspectWeights.js';
import {
  bookGenerator,
  type OpenedGenerator,
  openGenerator,
  savedConfig,
} from '../../src/generator/openGenerator.js';
import { GlobalGenerator } from '../../src/generator/pix2pixhd/globalGenerator.js';
import type { GeneratorOptions } from '../../src/generator/resnet/options.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { toImage, toTensor } from '../../src/image/convert.js';
import { type Shaped, StateDictError } from '../../src/nn/loadStateDict.js';
import { Module } from '../../src/nn/module.js';
import { manualSeed } from '../../src/nn/random.js';
import { ReLU } from '../../src/nn/relu.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { translate } from '../../src/translate/translate.js';
import { expectClose } from '../support/closeness.js';
import { tensorAt } from '../support/fixtures.js';
import { golden, goldenBytes, goldenNumbers } from '../support/golden.js';

const SIDE = 12;
const picture = {
  width: SIDE,
  height: SIDE,
  data: Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => (i * 29 + 5) % 256),
};

/** A file of a small generator. @param old Whether norms have statistics without a counter, as before PyTorch 0.4. */
function file(options: GeneratorOptions = {}, { old = false, config = {} } = {}): Uint8Array {
  manualSeed(3);
  const netG = new ResNetGenerator(3, 3, 4, 1, old ? { ...options, tracked: true } : options);
  const stateDict = netG.stateDict();
  for (const [key, { shape }] of stateDict) {
    if (key.endsWith('running_mean')) stateDict.set(key, Tensor.full(shape, 0.5));
    if (key.endsWith('running_var')) stateDict.set(key, Tensor.full(shape, 2));
    if (old && key.endsWith('num_batches_tracked')) stateDict.delete(key);
  }
  return encodeStateDict(stateDict, 'net.pth', { config });
}

/** A module that gives back what it is given, for pictures on their way. */
class Echo extends Module {
  readonly inside = this.registerModule('inside', new ReLU());

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.inside, x);
  }
}

describe('openGenerator', () => {
  it.each(golden.generators.map((g) => [g.name, g] as const))(
    'gives the output of PyTorch for %s',
    async (_, g) => {
      const { module, family, config } = await openGenerator(goldenBytes(g.files.zip));
      const { input_nc, output_nc, ngf, n_blocks } = g.config;
      expect(family.name).toBe('resnet');
      expect(config).toMatchObject({
        inputNc: input_nc,
        outputNc: output_nc,
        ngf,
        nBlocks: n_blocks,
      });
      expect(module.training).toBe(false);
      const output = await module.forward(tensorAt(goldenNumbers, g.input));
      expectClose(output, tensorAt(goldenNumbers, g.output), { absolute: 1e-5 });
    },
  );

  it('tells what was repaired, and whose file does not fit', async () => {
    const { notes } = await openGenerator(file({}, { old: true }));
    expect(notes).toEqual([expect.stringMatching(/^Left out 14 running statistics/)]);
    const bytes = encodeStateDict(new Map([['a', Tensor.zeros([1])]]), '.pth');
    const other = new File([new Uint8Array(bytes)], 'a.pth');
    await expect(openGenerator(other)).rejects.toThrow(StateDictError);
    await expect(openGenerator(other)).rejects.toThrow(/^a\.pth: /);
  });

  // The book feeds [0, 1]; the CycleGAN authors' test script normalises to [−1, 1].
  it.each<[string, Uint8Array, ValueRange]>([
    ['an instance norm', file(), [0, 1]],
    ['an affine instance norm', file({ norm: 'instanceAffine' }), [0, 1]],
    ['a batch norm', file({ norm: 'batch' }), [-1, 1]],
    ['an instance norm with tracked statistics', file({ tracked: true }), [-1, 1]],
    ['padding of another kind', file({ paddingType: 'zero' }), [-1, 1]],
    ['a range beside it', file({}, { config: { inputRange: [-1, 1] } }), [-1, 1]],
    ['no range beside it', file({}, { config: { inputRange: 'wide' } }), [0, 1]],
  ])('knows the values that a file with %s was trained with', async (_, bytes, inputRange) => {
    const opened = await openGenerator(bytes);
    expect(opened).toMatchObject({ inputRange, outputRange: [-1, 1], channelOrder: 'rgb' });
    expect((await inspectWeights(bytes)).generator?.traits).toMatchObject({ inputRange });
    expect(await openGenerator(bytes, { inputRange: [0, 255] })).toMatchObject({
      inputRange: [0, 255],
      outputRange: [-1, 1],
    });
  });

  it.each([[[1, 0]], [[0]], ['0..1'], [[0, Number.NaN]]])('refuses the range %j', async (range) => {
    const opening = openGenerator(file(), { inputRange: range as unknown as ValueRange });
    await expect(opening).rejects.toThrow(CycleganError);
    await expect(opening).rejects.toMatchObject({ code: 'ERR_RANGE' });
  });

  it('gives what is saved with its configuration back as it was', async () => {
    const opened = await openGenerator(file({ tracked: true }));
    const config = savedConfig(opened);
    const saved = encodeStateDict(opened.module.stateDict(), 'again.pth', { config });
    const again = await openGenerator(saved);
    expect(again.inputRange).toEqual([-1, 1]);
    const [a, b] = [await made(opened), await made(again)];
    expect(a.data).toEqual(b.data);
  });

  const made = (generator: OpenedGenerator | Module) =>
    translate(picture, generator, { resize: null, engine: 'js' });

  it.each<[ValueRange, (x: Tensor) => Tensor]>([
    [[0, 1], (x) => x],
    // torchvision's `Normalize(0.5, 0.5)` and the `mul(255)` of style-transfer scripts.
    [[-1, 1], (x) => x.sub(0.5).div(0.5)],
    [[0, 255], (x) => x.mul(255)],
  ])('feeds pictures in %j, and changes the input alone', async (inputRange, toRange) => {
    const opened = await openGenerator(file({ norm: 'batch' }), { inputRange });
    const input = toRange(toTensor()(picture)).unsqueeze(0);
    const output = await opened.module.forward(input, { engine: 'js' });
    expect((await made(opened)).data).toEqual(toImage(output.squeeze(0).add(1).div(2)).data);
  });

  it('gives pictures the same way through the module that a file holds', async () => {
    for (const bytes of [file(), file({ norm: 'batch' }), file({ tracked: true })]) {
      const opened = await openGenerator(bytes);
      expect((await made(opened.module)).data).toEqual((await made(opened)).data);
    }
  });
});

describe('a picture on its way', () => {
  it.each<[ValueRange, ValueRange]>([
    [
      [0, 1],
      [0, 1],
    ],
    [
      [0, 255],
      [0, 255],
    ],
    [
      [2, 4],
      [2, 4],
    ],
  ])('comes back from a network that changes nothing: %j', async (inputRange, outputRange) => {
    const network = { module: new Echo(), inputRange, outputRange, channelOrder: 'rgb' } as const;
    const back = await translate(picture, network, { resize: null, engine: 'js' });
    const off = back.data.map((v, i) => Math.abs(v - picture.data[i]));
    // Fractions are cut off, as by torchvision.
    expect(Math.max(...off)).toBeLessThanOrEqual(1);
  });

  it('goes to a network with blue first where that is its order, and comes back with red first', async () => {
    const seen: Tensor[] = [];
    const module = new Echo();
    const forward = module.forwardReadingParts.bind(module);
    module.forwardReadingParts = (input, read, options) => {
      seen.push(input);
      return forward(input, read, options);
    };
    const network = {
      module,
      inputRange: [0, 1],
      outputRange: [0, 1],
      channelOrder: 'bgr',
    } as const;
    const back = await translate(picture, network, { resize: null, engine: 'js' });
    const plane = SIDE * SIDE;
    const rgb = toTensor()(picture).data;
    expect(seen[0].data.subarray(0, plane)).toEqual(rgb.subarray(2 * plane));
    expect(seen[0].data.subarray(2 * plane)).toEqual(rgb.subarray(0, plane));
    expect(Math.abs(back.data[0] - picture.data[0])).toBeLessThanOrEqual(1);
    expect(Math.abs(back.data[2] - picture.data[2])).toBeLessThanOrEqual(1);
  });
});

describe('families', () => {
  it('have a name each, and say where they come from', () => {
    const names = FAMILIES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, title, repository, className } of FAMILIES) {
      expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(title).toMatch(/^an? /);
      expect(repository).toMatch(/^[\w.-]+\/[\w.-]+$/);
      expect(className).toMatch(/^[A-Za-z]\w+$/);
    }
  });

  it('are tried one after the other: the first that takes every key counts', () => {
    const [resnet] = FAMILIES;
    const never: Family = { ...resnet, name: 'never', matches: () => false };
    const stricter: Family = {
      ...resnet,
      name: 'stricter',
      build: () => new ResNetGenerator(3, 3, 5, 1),
    };
    const stateDict = new ResNetGenerator(3, 3, 4, 1).stateDict();
    const found = recogniseGenerator(stateDict, [never, stricter, resnet]);
    expect(found.family.name).toBe('resnet');
    expect(() => recogniseGenerator(stateDict, [never, stricter])).toThrow(/of another shape/);
  });

  it.each([
    ['a CUT ResnetGenerator', new CutGenerator(3, 3, 2, 2)],
    ['a DeblurGAN ResnetGenerator', new DeblurGanGenerator(3, 3, 2, 2)],
    ['a gan-compression MobileResnetGenerator', new MobileResnetGenerator(3, 3, 2, 2)],
    ['a pix2pixHD GlobalGenerator', new GlobalGenerator(3, 3, 2, 3, 2)],
  ])('tell of what lacks a key of %s as that', (title, network) => {
    const shapes = new Map<string, Shaped>(network.stateDictShapes());
    const key = [...shapes.keys()].at(-1) ?? '';
    shapes.delete(key);
    const message = new RegExp(`is not that of ${title}: .*lacks 1 .*It has \\d+ keys`);
    expect(() => recogniseGenerator(shapes)).toThrow(message);
  });

  it('have the book’s generator for callers without a file', () => {
    const { module, config, inputRange } = bookGenerator();
    expect(module.toString()).toBe(new ResNetGenerator().toString());
    expect(config).toEqual(new ResNetGenerator().config);
    expect([module.training, inputRange]).toEqual([false, [0, 1]]);
  });
});

it('the models of the CycleGAN authors get [−1, 1], and the book’s what its file says', () => {
  for (const { name, inputRange } of MODELS) {
    expect(inputRange, name).toEqual(name.startsWith('zoo/') ? [-1, 1] : undefined);
  }
});

it('a ResNet generator without biases has the norms that were saved with it, and none where nothing says so', async () => {
  manualSeed(3);
  const netG = new ResNetGenerator(3, 3, 2, 1, { bias: false });
  const plain = encodeStateDict(netG.stateDict(), 'net.pth');
  expect((await openGenerator(plain)).config).toMatchObject({ norm: 'none' });
  const saved = encodeStateDict(netG.stateDict(), 'net.pth', { config: netG.config });
  const opened = await openGenerator(saved);
  expect(opened.config).toMatchObject({ norm: 'instance', bias: false });
  expect((await inspectWeights(saved)).generator?.config).toMatchObject({ norm: 'instance' });
  const x = toTensor()(picture).unsqueeze(0);
  expect(await opened.module.forward(x)).toEqual(await netG.eval().forward(x));
});
