// One contestant: answers every line on standard input with the milliseconds of one forward.
// node cyclegan.mjs WEIGHTS.pth THREADS WIDTH HEIGHT FLAGS(0|1)
import { createInterface } from 'node:readline';
import { compile, loadStateDict, ResNetGenerator, Tensor } from '../../dist/index.js';
import { picture } from './picture.mjs';

const [weights, threads, width, height, flags] = process.argv.slice(2);
const netG = ResNetGenerator.fromStateDict(await loadStateDict(weights));
const x = new Tensor(picture(Number(width), Number(height)), [1, 3, Number(height), Number(width)]);
const program = await compile(netG, {
  inputShape: x.shape,
  threads: Number(threads),
  allowV8Flags: flags === '1',
});
console.log(`ready ${program.details[0]}`);
for await (const _ of createInterface({ input: process.stdin })) {
  const start = performance.now();
  const out = await program.run(x, { blocking: true });
  console.log(performance.now() - start, out.data[1000]);
}
process.exit(0);
