// Damages weight files in many ways and holds the reader to its promises (test/fuzz/judge.ts).
//
//   npm run fuzz [-- --cases 1000000 --first 0 --threads 2]
//
// The same numbers make the same cases. A file that breaks a promise is written to test/fuzz/finds, where the unit
// tests read it from then on.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    first: { type: 'string', default: '0' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});
const [cases, first, threads] = [values.cases, values.first, values.threads].map(Number);
/** A thread that says nothing for so long hangs on a case. */
const SILENCE_MS = 30_000;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const finds = join(root, 'test/fuzz/finds');
const folder = mkdtempSync(join(tmpdir(), 'cyclegan-fuzz-'));
const outfile = join(folder, 'worker.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['test/fuzz/worker.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
});

const begin = performance.now();
const totals = new Map();
let found = 0;
try {
  await Promise.all(Array.from({ length: threads }, (_, i) => run(first + i)));
} finally {
  rmSync(folder, { recursive: true });
}

const seconds = (performance.now() - begin) / 1000;
const done = sum('strategy: ');
for (const [name, count] of [...totals].sort())
  console.log(`${String(count).padStart(9)}  ${name}`);
const share = ((100 * (totals.get('past the container') ?? 0)) / done).toFixed(1);
console.log(
  `${done} cases in ${seconds.toFixed(0)} s on ${threads} threads (${(done / seconds).toFixed(0)} a second), ${share} % past the container, ${found} broken promises`,
);
process.exitCode = found === 0 && done === cases ? 0 : 1;

function run(from) {
  const workerData = {
    golden: join(root, 'test/golden/data'),
    first: from,
    step: threads,
    until: first + cases,
  };
  return new Promise((resolve, reject) => {
    const worker = new Worker(outfile, { workerData });
    let last = from;
    let watchdog = setTimeout(hangs, SILENCE_MS);
    worker.on('message', ({ number, counts, find }) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(hangs, SILENCE_MS);
      if (find !== undefined) keep(find);
      last = number ?? last;
      for (const [name, count] of counts ?? []) totals.set(name, (totals.get(name) ?? 0) + count);
    });
    worker.on('error', reject);
    worker.on('exit', () => {
      clearTimeout(watchdog);
      resolve();
    });

    function hangs() {
      found++;
      console.log(`A case after number ${last} does not come to an end.`);
      worker.terminate();
    }
  });
}

function keep({ number, strategy, file, what }) {
  found++;
  mkdirSync(finds, { recursive: true });
  writeFileSync(join(finds, `${number}.bin`), file);
  console.log(`Case ${number} (${strategy}): the reader ${what}`);
}

function sum(prefix) {
  return [...totals].reduce((n, [name, count]) => (name.startsWith(prefix) ? n + count : n), 0);
}
