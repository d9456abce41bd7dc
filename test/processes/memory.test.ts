import { beforeAll, describe, expect, it } from 'vitest';
import { LEEWAY, leastMemoryAfter, memoryAfter } from '../support/memory.js';

const TIMEOUT_MS = 180_000;

/** Small, with as many kinds of layers as the largest. */
const NET = `
  const netG = new ResNetGenerator(3, 3, 16, 2).eval();
  const sizes = randomSizes(100, 64, 320);
  const largest = largestOf(sizes);`;

describe('memory of a process', () => {
  let alone = 0;
  beforeAll(async () => {
    alone = await memoryAfter(`${NET} await netG.forward(pictureOf(largest), wasm);`);
  }, TIMEOUT_MS);

  it.each([
    ['100 sizes', 'for (const size of sizes) await netG.forward(pictureOf(size), wasm);'],
    [
      '100 programs in turns',
      `for (let turn = 0; turn < 100; turn++) {
        const program = await compile(netG, { ...wasm, inputShape: [1, 3, ...largest] });
        if (turn % 10 === 0) await program.run(pictureOf(largest));
        program.dispose();
      }`,
    ],
    [
      '1000 forwards',
      `const picture = pictureOf([64, 64]);
      await netG.forward(pictureOf(largest), wasm);
      for (let run = 0; run < 1000; run++) await netG.forward(picture, wasm);`,
    ],
    [
      '1000 updates of weights',
      `const other = new ResNetGenerator(3, 3, 16, 2).stateDict();
      const program = await compile(netG, { ...wasm, inputShape: [1, 3, ...largest] });
      for (let turn = 0; turn < 1000; turn++) {
        await program.updateParameters(turn % 2 === 0 ? other : netG.stateDict());
        if (turn % 100 === 0) await program.run(pictureOf(largest));
      }`,
    ],
  ])(
    `does not grow with their number: %s`,
    async (_name, text) => {
      const limit = LEEWAY * alone;
      expect(await leastMemoryAfter(NET + text, limit)).toBeLessThan(limit);
    },
    TIMEOUT_MS,
  );

  it(
    'comes back some seconds after the last program was disposed of',
    async () => {
      const before = await memoryAfter(`${NET} await netG.forward(pictureOf([16, 16]), wasm);`);
      const large = '[1200, 1200]';
      const held = await memoryAfter(`${NET} await netG.forward(pictureOf(${large}), wasm);`);
      const limit = LEEWAY * before;
      const after = await leastMemoryAfter(
        `${NET} await netG.forward(pictureOf(${large}), wasm);
      netG.dispose();
      await pause(7000);`,
        limit,
      );
      // Otherwise, nothing would have to come back.
      expect(held).toBeGreaterThan(1.1 * limit);
      expect(after).toBeLessThan(limit);
    },
    TIMEOUT_MS,
  );
});
