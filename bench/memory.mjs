// What the command takes for large pictures, with and without a limit of its memory, below which values lie in a scratch file:
//
//   node bench/memory.mjs [--node BINARY] [--sizes 1920x1080] [--rounds 3]
//   node bench/memory.mjs --sizes 6000x4000,10000x10000 --rounds 1      what takes long is measured where it is named
//   node bench/memory.mjs --through 10000x10000                         files to files, row by row, without a network
//
// With `--keep`, what was measured takes its place in bench/results/memory.json, of which `npm run bench -- --report` makes a table.
//
// Peak of the whole process (maximum resident set, as `/usr/bin/time -v` tells), processor time and wall time, and what a pixel takes
// against the first case of the model, which saves nothing; each round runs all limits one after the other. The outputs have to be the same
// bytes.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodeImage, ResNetGenerator, saveStateDict } from '../dist/index.js';
import { describeNode } from './harness/entries.mjs';
import { describeMachine } from './harness/machine.mjs';

const { values } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    sizes: { type: 'string' },
    through: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    keep: { type: 'boolean', default: false },
  },
});
const here = dirname(fileURLToPath(import.meta.url));
const command = join(here, '../dist/cyclegan.mjs');
const KEPT = join(here, 'results/memory.json');
const folder = mkdtempSync(join(tmpdir(), 'cyclegan-memory-'));
const full = join(folder, 'full.pth');

/** `model`: the default generator of 64 channels, whose weights are as they are drawn, or the one that the command carries. */
const CASES = [
  { size: '1000x1000', model: 'full', limits: ['max'] },
  { size: '1000x1000', model: 'built in', limits: ['max'] },
  { size: '1920x1080', model: 'full', limits: ['max', undefined, '350M'] },
  { size: '4000x3000', model: 'built in', limits: ['max', undefined] },
  { size: '3000x2000', model: 'full', limits: ['4G'] },
  // More than WebAssembly has, if nothing is saved.
  { size: '4000x3000', model: 'full', limits: [undefined] },
  { size: '6000x4000', model: 'built in', limits: [undefined], isLong: true },
  { size: '6000x4000', model: 'full', limits: [undefined, '1G'] },
  { size: '10000x10000', model: 'built in', limits: [undefined], isLong: true },
  { size: '10000x10000', model: 'full', limits: [undefined], isLong: true },
];
/** Endings of files that are read and written row by row. */
const THROUGH = [
  ['png', 'png'],
  ['png', 'jpg'],
  ['jpg', 'png'],
  ['tif', 'tif'],
];
/** Written on the way out, behind what the command writes. */
const REPORTING = `data:text/javascript,process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  process.stderr.write('\\nused ' + JSON.stringify({ maxRSS, userCPUTime, systemCPUTime }) + '\\n');
})`;

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

function picture(size) {
  const [width, height] = size.split('x').map(Number);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [((i / 3) | 0) % width, (i / 3 / width) | 0];
    data[i] = 127 + 80 * Math.sin(x / 37 + (i % 3)) * Math.cos(y / 23) + ((i * 7919) % 41);
  }
  return { width, height, data };
}

/** What a process of Node uses. */
function measured(args) {
  const { stderr, status } = spawnSync(values.node, ['--import', REPORTING, ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(/^used (.*)$/m.exec(stderr)[1]);
}

function through(size) {
  const script = join(here, 'throughRows.mjs');
  const whole = picture(size);
  const { maxRSS: bare } = measured(['--eval', '0']);
  console.log(`${size}, row by row; Node alone: ${(bare / 1000).toFixed(0)} MB`);
  for (const [from, to] of THROUGH) {
    const input = join(folder, `in.${from}`);
    writeFileSync(input, encodeImage(whole, input));
    const { maxRSS, userCPUTime } = measured([script, input, join(folder, `out.${to}`)]);
    const megabytes = (maxRSS / 1000).toFixed(0);
    console.log(
      `  ${from} to ${to}: ${megabytes} MB, ${(userCPUTime / 1e6).toFixed(1)} s of processors`,
    );
  }
}

function run(input, { model }, limit) {
  const output = join(folder, 'out.png');
  const weights = model === 'full' ? ['-w', full] : [];
  const memory = limit === undefined ? [] : ['--memory', limit];
  const own = [input, '-o', output, '--resize', 'none', '--threads', values.threads];
  const started = performance.now();
  const used = measured([command, ...own, ...weights, ...memory]);
  const seconds = (performance.now() - started) / 1000;
  return {
    megabytes: used.maxRSS / 1000,
    processor: (used.userCPUTime + used.systemCPUTime) / 1e6,
    seconds,
    digest: createHash('sha256').update(readFileSync(output)).digest('hex'),
  };
}

/** Of each limit, the medians of all rounds. */
function inTurns(one) {
  const input = join(folder, `${one.size}.png`);
  writeFileSync(input, encodeImage(picture(one.size), '.png'));
  const runs = new Map(one.limits.map((limit) => [limit, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [limit, results] of runs) results.push(run(input, one, limit));
  }
  const digests = new Set([...runs.values()].flat().map(({ digest }) => digest));
  if (digests.size > 1) throw new Error('outputs differ');
  return [...runs].map(([limit, results]) => {
    const of = (name) => median(results.map((result) => result[name]));
    const names = ['megabytes', 'processor', 'seconds'];
    return [limit ?? null, Object.fromEntries(names.map((name) => [name, of(name)]))];
  });
}

function lineOf({ size, model, limit, megabytes, processor, seconds, ratio }) {
  const name = limit === null ? 'without an option' : `--memory ${limit}`;
  const times = `${processor.toFixed(1)} s of processors, ${seconds.toFixed(1)} s`;
  const against = Number.isFinite(ratio) ? `, ${ratio.toFixed(2)}x per pixel` : '';
  return `${size}, ${model}, ${name}: ${megabytes.toFixed(0)} MB, ${times}${against}`;
}

/** Rows take the places of those of the same case. */
function keep(rows) {
  const isSame = (a, b) => ['size', 'model', 'limit'].every((name) => a[name] === b[name]);
  const before = existsSync(KEPT) ? JSON.parse(readFileSync(KEPT, 'utf8')).rows : [];
  const others = before.filter((row) => !rows.some((newer) => isSame(row, newer)));
  const order = (row) =>
    CASES.findIndex(({ size, model }) => size === row.size && model === row.model);
  const facts = {
    machine: describeMachine(),
    node: describeNode(values.node).node,
    threads: Number(values.threads),
  };
  const all = [...others, ...rows].sort((a, b) => order(a) - order(b));
  writeFileSync(KEPT, `${JSON.stringify({ ...facts, rows: all }, null, 1)}\n`);
}

try {
  const isThrough = values.through !== undefined;
  if (isThrough) through(values.through);
  else await saveStateDict(new ResNetGenerator(3, 3, 64, 9).stateDict(), full);
  const wanted = isThrough ? [] : values.sizes?.split(',');
  /** Seconds that a pixel takes, of each model, where nothing is saved. */
  const untiled = new Map();
  const rows = [];
  for (const one of CASES) {
    if (wanted === undefined ? one.isLong : !wanted.includes(one.size)) continue;
    for (const [limit, figures] of inTurns(one)) {
      const [width, height] = one.size.split('x').map(Number);
      const perPixel = figures.seconds / (width * height);
      if (!untiled.has(one.model) && limit === 'max') untiled.set(one.model, perPixel);
      const ratio = perPixel / untiled.get(one.model);
      rows.push({ size: one.size, model: one.model, limit, ...figures, ratio });
      console.log(lineOf(rows.at(-1)));
    }
  }
  if (values.keep) keep(rows);
} finally {
  rmSync(folder, { recursive: true });
}
