import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openGenerator, trainCycleGan, translate } from '../../src/index.js';
import { temporaryFolder } from '../support/command.js';
import { type Colour, makeToyDomains, TOY_COLOURS, toyPicture } from '../support/toyDomains.js';

const home = temporaryFolder();
afterAll(home.remove);

const SIZE = 16;

/** The mean colour in the middle of the square of a toy picture. */
function squareColour(picture: { width: number; data: Uint8Array }, number: number): number[] {
  const side = SIZE / 2;
  const left = (5 * number) % (SIZE - side);
  const top = (3 * number + 1) % (SIZE - side);
  const sum = [0, 0, 0];
  for (let y = top + 2; y < top + side - 2; y++) {
    for (let x = left + 2; x < left + side - 2; x++) {
      for (let c = 0; c < 3; c++) sum[c] += picture.data[3 * (y * picture.width + x) + c];
    }
  }
  return sum.map((value) => value / (side - 4) ** 2);
}

const distance = (a: readonly number[], b: Colour) =>
  Math.hypot(...a.map((value, i) => value - b[i]));

/** Of [0, 255]: the colours of both domains are 250 apart. */
const NEAR = 40;

it('two domains of coloured squares are learnt: red squares become blue, and blue ones red', async () => {
  makeToyDomains(home.path, SIZE, 8);
  const { weights } = await trainCycleGan({
    dataA: home.path,
    run: join(home.path, 'run'),
    ...{ preprocess: 'none', noFlip: true, ngf: 8, nBlocks: 2, ndf: 8, nLayersD: 1 },
    ...{ lr: 0.002, nEpochs: 25, nEpochsDecay: 13, seed: 1 },
  });
  for (const [file, from, to] of [
    [weights.G_A, 'A', 'B'],
    [weights.G_B, 'B', 'A'],
  ] as const) {
    const generator = await openGenerator(file);
    expect(generator.inputRange).toEqual([-1, 1]);
    for (const number of [1, 2, 6]) {
      const real = toyPicture(SIZE, TOY_COLOURS[from], number);
      expect(distance(squareColour(real, number), TOY_COLOURS[to])).toBeGreaterThan(240);
      const fake = await translate(real, generator, { resize: null });
      const found = squareColour(fake, number);
      expect(distance(found, TOY_COLOURS[to]), `${from} ${number}: ${found}`).toBeLessThan(NEAR);
    }
  }
});
