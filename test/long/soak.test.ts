import { expect, it } from 'vitest';
import { LEEWAY, told } from '../support/memory.js';

/** Calls as users make them: pictures and tensors of any size, some at once, some blocking, some stopped. */
const CALLS = `
  const random = generator(7);
  const upTo = (most) => Math.floor(random() * (most + 1));
  const nets = [4, 5, 6, 8].map((ngf) => new ResNetGenerator(3, 3, ngf, 1 + (ngf % 2)).eval());
  let [ended, stopped] = [0, 0];
  const call = async () => {
    const netG = nets[upTo(nets.length - 1)];
    const [height, width] = [16 + upTo(80), 16 + upTo(80)];
    const controller = new AbortController();
    const step = random() < 0.3 ? upTo(20) : null;
    const onProgress = ({ done }) => done === step && controller.abort();
    if (random() < 0.05) controller.abort();
    const options = { ...wasm, blocking: random() < 0.4, signal: controller.signal, onProgress };
    try {
      if (random() < 0.5) await netG.forward(pictureOf([height, width]), options);
      else {
        const data = new Uint8Array(3 * height * width).fill(upTo(255));
        await translate({ width, height, data }, netG, { ...options, resize: null, keepSize: true });
      }
      ended++;
    } catch (error) {
      if (error !== controller.signal.reason) throw error;
      stopped++;
    }
  };
  const calls = async (count) => {
    for (let left = count; left > 0; ) {
      const together = Math.min(left, 1 + upTo(3));
      await Promise.all(Array.from({ length: together }, call));
      left -= together;
    }
  };`;

it('memory after 2,000 calls is what it was after 200', async () => {
  const text = await told(`${CALLS}
    await calls(200);
    await tellMemory();
    await calls(1800);
    await tellMemory();
    console.log(ended);
    console.log(stopped);`);
  const [early, late, ended, stopped] = text.trim().split('\n').map(Number);
  const inMegabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  console.log(
    `${inMegabytes(early)} MB after 200 calls, ${inMegabytes(late)} MB after 2,000: ${ended} ended, ${stopped} were stopped`,
  );
  expect(ended + stopped).toBe(2000);
  expect(stopped).toBeGreaterThan(200);
  expect(ended).toBeGreaterThan(1000);
  expect(late).toBeLessThan(LEEWAY * early);
});
