import { describe, expect, it } from 'vitest';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { toImage, toTensor } from '../../src/image/convert.js';
import { manualSeed } from '../../src/nn/random.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { translate } from '../../src/translate/translate.js';

const SIDE = 12;
const picture = {
  width: SIDE,
  height: SIDE,
  data: Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => (i * 29 + 5) % 256),
};

/** torchvision's `Normalize(0.5, 0.5)`: (x − mean) / deviation, in float32. */
const normalised = new Tensor(
  toTensor()(picture).data.map((v) => Math.fround(v - 0.5) / 0.5),
  [1, 3, SIDE, SIDE],
);

describe.each([
  ['batch', normalised],
  ['instance', toTensor()(picture).unsqueeze(0)],
  ['instanceAffine', toTensor()(picture).unsqueeze(0)],
] as const)('a generator with %s norm', (norm, input) => {
  it('gets pictures in the range that it was trained with', async () => {
    manualSeed(11);
    const netG = new ResNetGenerator(3, 3, 4, 1, { norm }).eval();
    const output = await netG.forward(input, { engine: 'js' });
    const expected = toImage(output.squeeze(0).add(1).div(2));
    const made = await translate(picture, netG, { resize: null, engine: 'js' });
    expect(made.data).toEqual(expected.data);
  });
});

it.each([
  ['all', 'model.1.weight', 432],
  ['some', 'model.18.bias', 144],
])('a picture is not made of what is no number: %s of it', async (_, key, count) => {
  const netG = new ResNetGenerator(3, 3, 4, 1).eval();
  const stateDict = netG.stateDict();
  const { data, shape } = stateDict.get(key) as Tensor;
  stateDict.set(key, new Tensor(data.with(0, Number.NaN), shape));
  netG.loadStateDict(stateDict);
  const failed = translate(picture, netG, { resize: null, engine: 'js' });
  await expect(failed).rejects.toMatchObject({
    code: 'ERR_NAN',
    message: expect.stringMatching(new RegExp(`NaN\\) for ${count} of 432 values.*stats`)),
  });
});

it.each([
  ['instance', [-1, 1]],
  ['instance', [0, 1]],
  ['batch', [0, 1]],
  ['batch', [0, 255]],
] as const)(
  'the range of a generator of %s norm, %j, goes with its configuration',
  async (norm, inputRange) => {
    const netG = new ResNetGenerator(3, 3, 2, 1, { norm, inputRange });
    const saved = encodeStateDict(netG.stateDict(), 'net.pth', { config: netG.config });
    expect((await openGenerator(saved)).inputRange).toEqual(inputRange);
    const usual = norm === 'batch' ? [-1, 1] : [0, 1];
    expect('inputRange' in netG.config).toBe(String(usual) !== String(inputRange));
  },
);
