// One forward of the default generator against native runtimes, in one run and in turns.
//
//   node bench/forward.mjs WEIGHTS.pth [--threads 1,2] [--runs 7] [--size 314x256] [--node BINARY,…]
//
// Rivals that are not there are left out with the line that installs them:
//   apt-get install python3-torch libopenblas0-pthread     (PYTHON names the interpreter)
//   ONNXRUNTIME_NODE_INSTALL=skip npm install --prefix bench/rivals
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1,2' },
    runs: { type: 'string', default: '7' },
    size: { type: 'string', default: '314x256' },
    node: { type: 'string', default: process.execPath },
  },
});
const [weights] = positionals;
if (weights === undefined) throw new Error('node bench/forward.mjs WEIGHTS.pth');
const here = join(dirname(fileURLToPath(import.meta.url)), 'rivals');
const python = process.env.PYTHON ?? 'python3';
const [width, height] = values.size.split('x');
const folder = mkdtempSync(join(tmpdir(), 'cyclegan-bench-'));
const model = join(folder, 'model.onnx');
const hasTorch = succeeds(python, ['-c', 'import torch']);
const hasOrt = existsSync(join(here, 'node_modules/onnxruntime-node'));
if (!hasTorch)
  console.log('PyTorch is left out: apt-get install python3-torch libopenblas0-pthread');
if (!hasOrt) {
  console.log(
    'ONNX Runtime is left out: ONNXRUNTIME_NODE_INSTALL=skip npm install --prefix bench/rivals',
  );
}
if (hasTorch && hasOrt) {
  const script = join(here, 'pytorch.py');
  execFileSync(python, [script, '--export', weights, model, width, height], { stdio: 'ignore' });
}

try {
  console.log(`${cpus()[0].model}, ${cpus().length} cores, load ${loadavg()[0].toFixed(2)}`);
  for (const threads of values.threads.split(',')) await compete(threads);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compete(threads) {
  const entries = [];
  for (const node of values.node.split(',')) {
    for (const flags of ['1', '0']) {
      entries.push(await start(node, ['cyclegan.mjs', weights, threads, width, height, flags]));
    }
  }
  if (hasTorch) entries.push(await start(python, ['pytorch.py', weights, threads, width, height]));
  if (hasTorch && hasOrt) {
    for (const kind of ['node', 'web']) {
      const args = ['onnxruntime.mjs', kind, model, threads, width, height];
      entries.push(await start(process.execPath, args));
    }
  }
  for (let run = -2; run < Number(values.runs); run++) {
    for (const entry of entries) {
      const [time, sample] = (await entry.ask()).split(' ').map(Number);
      entry.sample = sample;
      // The first two are warm-up.
      if (run >= 0) entry.times.push(time);
    }
  }
  for (const { child } of entries) child.kill();

  const native = entries.filter(({ name }) => /PyTorch|onnxruntime-node/.test(name));
  const best = Math.min(...native.map(({ times }) => median(times)));
  console.log(
    `\n${threads} ${threads === '1' ? 'thread' : 'threads'}, ${values.runs} runs in turns`,
  );
  console.log('median ms   min    max   x fastest native   sample');
  for (const { name, times, sample } of entries) {
    const ratio = native.length > 0 ? (median(times) / best).toFixed(2) : '-';
    const numbers = [median(times), Math.min(...times), Math.max(...times)];
    console.log(
      `${numbers.map((n) => n.toFixed(0).padStart(6)).join(' ')}   ${ratio.padStart(12)}   ${sample.toFixed(4).padStart(9)}   ${name}`,
    );
  }
}

async function start(command, [script, ...args]) {
  const child = spawn(command, [join(here, script), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${script} ended`);
    return value;
  };
  const ready = (await next()).replace('ready ', '');
  const version = script === 'cyclegan.mjs' ? ` on ${nodeVersion(command)}` : '';
  const flags = script === 'cyclegan.mjs' ? `, flags ${args.at(-1) === '1' ? 'on' : 'off'}` : '';
  return {
    name: `${ready}${version}${flags}`,
    child,
    times: [],
    ask: () => {
      child.stdin.write('\n');
      return next();
    },
  };
}

function nodeVersion(command) {
  return `Node ${execFileSync(command, ['--version'], { encoding: 'utf8' }).trim().slice(1)}`;
}

function succeeds(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
