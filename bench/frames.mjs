// A film through the command, against the forwards that it is made of:
//
//   node bench/frames.mjs [--count 300] [--size 640x360] [--format ppm|png|jpg|raw] [--node BINARY]
//
// The frames go through one process, in parts; between the parts, the library runs as many forwards of the same network
// on the same frames, in a process of its own, with nothing to decode, encode or pass on. Tells how much longer the stream takes
// than its forwards, by the clock and in processor time, which does not depend on who else is at work on the machine, and whether
// memory stays flat.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { waves } from './harness/waves.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const PARTS = 5;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '300' },
    size: { type: 'string', default: '640x360' },
    format: { type: 'string', default: 'ppm' },
    node: { type: 'string', default: process.execPath },
    forwards: { type: 'boolean', default: false },
  },
});
const [width, height] = values.size.split('x').map(Number);
/** What a picture's end may still be missing. */
let tail = Buffer.alloc(0);
const part = Math.ceil(Number(values.count) / PARTS);

if (values.forwards) await serveForwards();
else await compare();

async function compare() {
  const frames = await encodedFrames();
  const input = values.format === 'raw' ? ['--raw', values.size] : ['--frames'];
  const stream = spawn(
    values.node,
    [join(here, '../dist/cyclegan.mjs'), '-', '-', ...input, '--resize', 'none', '-q'],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const forwards = spawn(values.node, [...process.argv.slice(1), '--forwards'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // The first frame pays for what comes once.
  await throughStream(stream, frames, 1, 1);
  await askForwards(forwards, 1);
  const times = { stream: 0, forwards: 0 };
  const before = [stream, forwards].map(({ pid }) => processorSeconds(pid));
  const memory = [];
  for (let i = 0; i < PARTS; i++) {
    times.stream += await throughStream(stream, frames, part, 1 + i * part);
    memory.push(residentMegabytes(stream.pid));
    times.forwards += await askForwards(forwards, part);
  }
  const [work, workOfForwards] = [stream, forwards].map(
    ({ pid }, i) => processorSeconds(pid) - before[i],
  );
  stream.stdin.end();
  forwards.stdin.end();
  const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;
  console.log(
    `${PARTS * part} frames of ${values.size} as ${values.format}: ${seconds(times.stream)}, ${(times.stream / times.forwards).toFixed(3)} x the sum of the forwards (${seconds(times.forwards)})`,
  );
  console.log(
    `processor time: ${work.toFixed(1)} s, ${(work / workOfForwards).toFixed(3)} x that of the forwards (${workOfForwards.toFixed(1)} s)`,
  );
  console.log(`resident memory after each part: ${memory.join(', ')} MB`);
}

/** Milliseconds until as many bytes have come back as so many frames have, which all have the size of the first. */
function throughStream(stream, frames, count, from) {
  const begin = performance.now();
  let received = 0;
  return new Promise((resolve) => {
    // Sizes of PNGs and JPEGs differ: their ends are counted by what is written last.
    let ends = 0;
    const onData = (bytes) => {
      received += bytes.length;
      if (values.format === 'raw' || values.format === 'ppm') {
        ends = Math.floor(received / expectedBytes());
      } else ends += countEnds(bytes);
      if (ends < count) return;
      stream.stdout.off('data', onData);
      resolve(performance.now() - begin);
    };
    stream.stdout.on('data', onData);
    for (let i = 0; i < count; i++) stream.stdin.write(frames[(from + i) % frames.length]);
  });
}

function expectedBytes() {
  const pixels = 3 * width * height;
  return values.format === 'raw' ? pixels : `P6\n${width} ${height}\n255\n`.length + pixels;
}

function countEnds(bytes) {
  const mark =
    values.format === 'png' ? Buffer.from('IEND\xaeB`\x82', 'latin1') : Buffer.from([255, 217]);
  const all = Buffer.concat([tail, bytes]);
  let count = 0;
  for (let at = all.indexOf(mark); at !== -1; at = all.indexOf(mark, at + mark.length)) count++;
  tail = all.subarray(Math.max(0, all.length - mark.length + 1));
  return count;
}

function askForwards(child, count) {
  child.stdin.write(`${count}\n`);
  return new Promise((resolve) => child.stdout.once('data', (text) => resolve(Number(text))));
}

/** Runs as many forwards as a line on standard input says, and answers with their milliseconds. */
async function serveForwards() {
  const { openGenerator } = await import('../dist/index.js');
  const { toTensor } = await import('../dist/image/index.js');
  const generator = await openGenerator(join(here, '../weights/horse2zebra-mini.pth'));
  const input = toTensor()(waves(width, height, 1)).unsqueeze(0);
  for await (const text of process.stdin) {
    const begin = performance.now();
    for (let i = Number(text); i > 0; i--) {
      await generator.module.forward(input, { allowV8Flags: true, blocking: true });
    }
    process.stdout.write(`${performance.now() - begin}\n`);
  }
}

/** A few different frames, which come again and again. */
async function encodedFrames() {
  const { encodeImage } = await import('../dist/index.js');
  return Array.from({ length: 8 }, (_, i) => {
    const frame = waves(width, height, i);
    if (values.format === 'raw') return frame.data;
    if (values.format !== 'ppm') return encodeImage(frame, `frame.${values.format}`);
    return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), frame.data]);
  });
}

/** Of all threads. Linux only; elsewhere 0. */
function processorSeconds(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

/** Linux only; elsewhere 0. */
function residentMegabytes(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round((1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)) / 1e6);
  } catch {
    return 0;
  }
}
