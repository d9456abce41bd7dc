// How far approximations of norms (docs/norms.md) are from exact, in levels of 256 and as PSNR, and what they take:
//
//   node bench/norms.mjs [PICTURE...] [--sides 256,512,1024,2048] [--weights FILE] [--threads 2]
//
// Needs a build. Without a picture, the one that comes with the project. Sides are short ones; a picture that is smaller is enlarged
// (bicubic), which has its statistics, if not the details of a larger photograph. Prints a table in Markdown.
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openGenerator, openImage, psnr, resize, translate } from '../dist/index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sides: { type: 'string', default: '256,512,1024,2048' },
    weights: { type: 'string', default: join(root, 'weights/horse2zebra-mini.pth') },
    threads: { type: 'string', default: '2' },
  },
});
const NORMS = ['thumbnail:256', 'thumbnail:512', 'thumbnail', 'dense:256', 'dense'];
const pictures = positionals.length > 0 ? positionals : [join(root, 'weights/sample.png')];
const generator = await openGenerator(values.weights);
const engine = { threads: Number(values.threads), resize: null };

async function timed(picture, norm) {
  const begin = performance.now();
  const made = await translate(picture, generator, { ...engine, norm });
  generator.module.dispose();
  return { made, seconds: (performance.now() - begin) / 1000 };
}

function distance(a, b) {
  let [sum, most] = [0, 0];
  for (let i = 0; i < a.data.length; i++) {
    const off = Math.abs(a.data[i] - b.data[i]);
    sum += off;
    most = Math.max(most, off);
  }
  return { mean: sum / a.data.length, most };
}

console.log('| picture | norm | mean | largest | PSNR | time |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const path of pictures) {
  const original = await openImage(path);
  for (const side of values.sides.split(',').map(Number)) {
    const picture = resize(side, { interpolation: 'bicubic' })(original);
    // The first run has machine code to compile.
    await timed(picture, 'exact');
    const { made: exact, seconds: usual } = await timed(picture, 'exact');
    for (const norm of NORMS) {
      const { made, seconds } = await timed(picture, norm);
      const { mean, most } = distance(made, exact);
      const decibels = most === 0 ? 'equal' : `${psnr(made, exact).toFixed(1)} dB`;
      const what = `${basename(path)}, ${picture.width} x ${picture.height}`;
      console.log(
        `| ${what} | \`${norm}\` | ${mean.toFixed(2)} | ${most} | ${decibels} | ${(seconds / usual).toFixed(2)}x |`,
      );
    }
  }
}
