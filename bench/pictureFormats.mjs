// How long pictures take to be decoded, by format: the same picture, in turns, in a warm process: CPU time,
// which other work on the machine disturbs least, median and least.
//   node bench/pictureFormats.mjs [ROUNDS]
// Needs a build. With sharp installed (npm install --no-save sharp), WebP is measured against it, on one thread and as many as
// it likes. Files are written by the library; uncompressed TIFF and BMP are made here.
import { decodeImage, encodeImage, loadDecoder, loadEncoder } from '../dist/index.js';

const ROUNDS = Number(process.argv[2] ?? 15);
const [WIDTH, HEIGHT] = [1600, 1200];

/** Smooth, with a grain: about as compressible as a photograph. */
function photograph() {
  const data = new Uint8Array(3 * WIDTH * HEIGHT);
  let state = 1;
  for (let y = 0, at = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      const grain = (state >> 16) % 9;
      data[at++] = 110 + 90 * Math.sin(x / 210) + grain;
      data[at++] = 110 + 90 * Math.cos(y / 170) + grain;
      data[at++] = 110 + 90 * Math.sin((x + y) / 320) + grain;
    }
  }
  return { width: WIDTH, height: HEIGHT, data };
}

function bmpOf({ width, height, data }) {
  const row = Math.ceil((3 * width) / 4) * 4;
  const file = new Uint8Array(54 + row * height);
  const view = new DataView(file.buffer);
  file.set([0x42, 0x4d]);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < 3 * width; i++) {
      const part = i % 3;
      file[54 + (height - 1 - y) * row + i - part + (2 - part)] = data[y * 3 * width + i];
    }
  }
  return file;
}

function plainTiffOf({ width, height, data }) {
  const entries = [
    [256, 4, width],
    [257, 4, height],
    [258, 3, 8],
    [259, 3, 1],
    [262, 3, 2],
    [273, 4, 8],
    [277, 3, 3],
    [278, 4, height],
    [279, 4, data.length],
  ];
  const directory = 8 + data.length;
  const file = new Uint8Array(directory + 2 + 12 * entries.length + 4);
  const view = new DataView(file.buffer);
  file.set([0x49, 0x49, 42, 0]);
  view.setUint32(4, directory, true);
  file.set(data, 8);
  view.setUint16(directory, entries.length, true);
  for (const [i, [tag, type, value]] of entries.entries()) {
    const at = directory + 2 + 12 * i;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, 1, true);
    view.setUint32(at + 8, value, true);
  }
  return file;
}

const picture = photograph();
await loadEncoder('x.webp');
const files = {
  PNG: encodeImage(picture, 'x.png'),
  JPEG: encodeImage(picture, 'x.jpg'),
  BMP: bmpOf(picture),
  'TIFF, plain': plainTiffOf(picture),
  'TIFF, deflate': encodeImage(picture, 'x.tif'),
  WebP: encodeImage(picture, 'x.webp'),
};
await loadDecoder(files.WebP);
const runs = Object.fromEntries(
  Object.entries(files).map(([name, bytes]) => [name, () => decodeImage(bytes)]),
);
const sharp = await import('sharp').then(
  (module) => module.default,
  () => null,
);
if (sharp !== null) {
  for (const threads of [1, 0]) {
    runs[`WebP, sharp, ${threads === 1 ? 'one thread' : 'its threads'}`] = async () => {
      sharp.concurrency(threads);
      await sharp(files.WebP).removeAlpha().raw().toBuffer();
    };
  }
}

/** Of all threads of the process, in milliseconds. */
function cpuTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const times = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
for (let round = -3; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(runs)) {
    const begin = cpuTime();
    await run();
    if (round >= 0) times[name].push(cpuTime() - begin);
  }
}

for (const values of Object.values(times)) values.sort((a, b) => a - b);
const least = times.PNG[0];
console.log(`${WIDTH} x ${HEIGHT}, ${ROUNDS} rounds, Node ${process.versions.node}`);
for (const [name, values] of Object.entries(times)) {
  const median = values[values.length >> 1];
  console.log(
    `${name.padEnd(26)} ${median.toFixed(1).padStart(7)} ms, least ${values[0].toFixed(1).padStart(6)} ms: ${(values[0] / least).toFixed(2)} of PNG's`,
  );
}
if (sharp === null) console.log('sharp is not installed: npm install --no-save sharp');
