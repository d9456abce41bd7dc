// Shows a training run from two folders of pictures to a translated one, on toy pictures of its own (npm run demo:train).
// What it makes lies in demo-train/; run again, it goes on from there, and finds nothing to do.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { saveImage } from '../dist/index.js';

const command = join(dirname(fileURLToPath(import.meta.url)), '../dist/cyclegan.mjs');
const folder = 'demo-train';
const run = join(folder, 'run');
const SIZE = 32;
const COLOURS = { trainA: [220, 50, 40], trainB: [40, 70, 220] };

/** A square of a colour on a light ground, each at another place. */
function square(colour, number) {
  const data = new Uint8Array(3 * SIZE * SIZE).fill(200);
  const [left, top] = [(7 * number) % 16, (5 * number + 3) % 16];
  for (let y = top; y < top + 16; y++) {
    for (let x = left; x < left + 16; x++) data.set(colour, 3 * (y * SIZE + x));
  }
  return { width: SIZE, height: SIZE, data };
}

function cyclegan(...args) {
  console.log(`\n$ cyclegan ${args.join(' ')}`);
  const { status } = spawnSync(process.execPath, [command, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

console.log(`Two domains, red squares and blue ones: ${folder}/trainA and ${folder}/trainB`);
for (const [domain, colour] of Object.entries(COLOURS)) {
  mkdirSync(join(folder, domain), { recursive: true });
  for (let i = 0; i < 8; i++) await saveImage(square(colour, i), join(folder, domain, `${i}.png`));
}
await saveImage(square(COLOURS.trainA, 11), join(folder, 'red.png'));

const options = [
  ...['--preprocess', 'none', '--no-flip', '--ngf', '8', '--n-blocks', '2', '--ndf', '8'],
  ...['--n-layers-d', '1', '--lr', '0.002', '--n-epochs', '20', '--n-epochs-decay', '10'],
  ...['--save-latest-freq', '40', '--save-epoch-freq', '10'],
];
// The first call stops half-way, as an interruption would; the second goes on.
cyclegan('train', folder, '-o', run, ...options, '--max-iterations', '120');
cyclegan('train', folder, '-o', run, ...options);
const translated = join(folder, 'blue.png');
const weights = join(run, 'latest_net_G_A.pth');
cyclegan(join(folder, 'red.png'), '-o', translated, '--resize', 'none', '--weights', weights);

console.log(`
What to look at:
  ${join(run, 'report.html')}   losses and samples, in a browser
  ${join(run, 'samples')}       sheets: real, fake, and translated back
  ${join(run, 'log.jsonl')}     a line for each iteration
  ${join(folder, 'red.png')} -> ${translated}`);
