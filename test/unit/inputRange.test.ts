import { describe, expect, it } from 'vitest';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { toImage, toTensor } from '../../src/image/convert.js';
import { manualSeed } from '../../src/nn/random.js';
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
