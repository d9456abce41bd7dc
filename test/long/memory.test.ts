import { expect, it } from 'vitest';
import { LEEWAY, memoryAfter } from '../support/memory.js';

/** As the book's, with weights of its own. */
const NET = `
  const netG = new ResNetGenerator(3, 3, 64, 9).eval();
  const sizes = randomSizes(53, 64, 512);
  const largest = largestOf(sizes);`;

it('memory does not grow with the number of programs and runs, at full size', async () => {
  const alone = await memoryAfter(`${NET} await netG.forward(pictureOf(largest), wasm);`);
  const limit = LEEWAY * alone;
  const sizes = 'for (const size of sizes) await netG.forward(pictureOf(size), wasm);';
  expect(await memoryAfter(NET + sizes)).toBeLessThan(limit);
  const turns = `for (let turn = 0; turn < 200; turn++) {
    const program = await compile(netG, { ...wasm, inputShape: [1, 3, ...largest] });
    if (turn % 50 === 0) await program.run(pictureOf(largest));
    program.dispose();
  }`;
  expect(await memoryAfter(NET + turns)).toBeLessThan(limit);
  const forwards = `await netG.forward(pictureOf(largest), wasm);
    for (let run = 0; run < 1000; run++) await netG.forward(pictureOf([96, 96]), wasm);`;
  expect(await memoryAfter(NET + forwards)).toBeLessThan(limit);
});
