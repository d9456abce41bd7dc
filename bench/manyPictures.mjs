// Two hundred pictures of many sizes and formats, three of them broken, through the command:
//
//   node bench/manyPictures.mjs WEIGHTS [--count 200] [--node BINARY]
//
// Tells whether memory stays flat, what everything but the network adds, and whether a run that was killed in its middle
// ends with the same outputs when it is resumed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodeImage } from '../dist/index.js';
import { waves } from './harness/waves.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '200' },
    node: { type: 'string', default: process.execPath },
  },
});
const [weights] = positionals;
if (weights === undefined) throw new Error('node bench/manyPictures.mjs WEIGHTS');
const count = Number(values.count);
const command = join(dirname(fileURLToPath(import.meta.url)), '../dist/cyclegan.mjs');
const folder = mkdtempSync(join(tmpdir(), 'cyclegan-many-'));
const input = join(folder, 'in');

/** Shapes of photographs and of pictures from the web. */
const RATIOS = [3 / 2, 4 / 3, 16 / 9, 1, 2 / 3, 3 / 4];
/** So many different pictures; each stands under several names. */
const DIFFERENT = 40;

try {
  makePictures();
  const whole = await run('whole');
  report(whole);
  const killed = await run('killed', { killAfter: Math.floor(count / 2) });
  console.log(`killed after ${killed.lines.length} pictures`);
  const resumed = await run('killed', { resume: true });
  console.log(`resumed: ${resumed.lines.length} pictures more`);
  const [a, b] = ['whole', 'killed'].map(digests);
  const same = JSON.stringify([...a]) === JSON.stringify([...b]);
  console.log(
    `${b.size} outputs, ${same ? 'the same' : 'OTHERS'} as those of the run that was left alone`,
  );
  if (!same) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

function makePictures() {
  for (const below of ['a', 'b']) mkdirSync(join(input, below), { recursive: true });
  const files = Array.from({ length: DIFFERENT }, (_, i) => {
    const pixels = 1e5 * 120 ** (((i * 17) % DIFFERENT) / (DIFFERENT - 1));
    const ratio = RATIOS[i % RATIOS.length];
    const extension = i % 4 === 3 ? '.png' : '.jpg';
    const width = Math.round(Math.sqrt(pixels * ratio));
    const picture = waves(width, Math.round(width / ratio), i);
    return { extension, bytes: encodeImage(picture, extension, { quality: 90 }) };
  });
  for (let i = 0; i < count; i++) {
    const { extension, bytes } = files[i % DIFFERENT];
    const broken = i % Math.ceil(count / 3) === 5;
    const content = broken ? bytes.subarray(0, bytes.length / 2) : bytes;
    // In this order they are worked on, so that every quarter meets the same sizes.
    const name = `${String(i).padStart(5, '0')}${extension}`;
    writeFileSync(join(input, i < count / 2 ? 'a' : 'b', name), content);
  }
}

/** @returns The JSON lines, when the process began and ended, and its resident memory at each line. */
function run(name, { killAfter = Number.POSITIVE_INFINITY, resume = false } = {}) {
  const args = [command, input, '-r', '-o', join(folder, name), '-w', weights, '--json', '--quiet'];
  if (resume) args.push('--resume');
  const begin = performance.now();
  const child = spawn(values.node, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = [];
  const memory = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(JSON.parse(line));
    memory.push(residentBytes(child.pid));
    if (lines.length === killAfter) child.kill('SIGKILL');
  });
  return new Promise((resolve) => {
    child.on('close', (code) =>
      resolve({ lines, memory, code, milliseconds: performance.now() - begin }),
    );
  });
}

/** Linux only; elsewhere 0. */
function residentBytes(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function report({ lines, memory, code, milliseconds }) {
  const forwards = lines.reduce((sum, line) => sum + (line.milliseconds?.translate ?? 0), 0);
  const failed = lines.filter(({ error }) => error !== undefined).length;
  console.log(`${lines.length} pictures, ${failed} refused, exit code ${code}`);
  console.log(
    `${(milliseconds / 1000).toFixed(1)} s, ${(milliseconds / forwards).toFixed(3)} x the sum of the forwards (${(forwards / 1000).toFixed(1)} s)`,
  );
  const megabytes = (from, to) => {
    const part = memory.slice(from * memory.length, to * memory.length);
    return Math.round(Math.max(...part) / 1e6);
  };
  console.log(
    `resident memory at most ${[0, 0.25, 0.5, 0.75].map((q) => megabytes(q, q + 0.25)).join(', ')} MB in each quarter`,
  );
}

function digests(name) {
  const root = join(folder, name);
  const files = readdirSync(root, { recursive: true }).filter((file) => file.endsWith('.png'));
  return new Map(
    files.sort().map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(root, file)))
        .digest('hex'),
    ]),
  );
}
