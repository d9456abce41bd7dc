// The runners: how each is started, what it takes, and what to install where it is missing.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const RUNTIMES = fileURLToPath(new URL('../runtimes', import.meta.url));
export const PYTHON = process.env.PYTHON ?? 'python3';

const NPM_LINE =
  'ONNXRUNTIME_NODE_INSTALL=skip npm install --prefix bench/runtimes --no-package-lock';
const APT_LINE =
  'apt-get install python3-torch python3-torchvision libopenblas0-pthread (PYTHON names the interpreter)';

/**
 * `kind`: ours, plain (loops), native, web. `seconds`: about so long a million pixels take on one thread, for plans.
 * `oneThread`: whether it has no more. `firstCounts`: whether its first run counts and is the only one, if it is slow.
 */
const KINDS = [
  {
    id: 'plain',
    kind: 'plain',
    seconds: 420,
    oneThread: true,
    script: 'cyclegan.mjs',
    args: ['js', 'THREADS', '0'],
  },
  { id: 'pytorch', kind: 'native', seconds: 10, script: 'pytorch.py', args: ['THREADS'] },
  {
    id: 'ort-node',
    kind: 'native',
    seconds: 9,
    script: 'onnxruntime.mjs',
    args: ['node', 'THREADS', '0'],
    needs: 'onnxruntime-node',
  },
  {
    id: 'ort-node-phases',
    kind: 'native',
    seconds: 9,
    script: 'onnxruntime.mjs',
    args: ['node', 'THREADS', '1'],
    needs: 'onnxruntime-node',
  },
  {
    id: 'ort-web',
    kind: 'web',
    seconds: 47,
    script: 'onnxruntime.mjs',
    args: ['web', 'THREADS', '0'],
    needs: 'onnxruntime-web',
  },
  {
    id: 'tfjs-wasm',
    kind: 'web',
    seconds: 80,
    oneThread: true,
    script: 'tfjs.mjs',
    args: ['wasm', 'THREADS'],
    needs: '@tensorflow/tfjs-backend-wasm',
  },
  {
    id: 'jax-js',
    kind: 'web',
    seconds: 150,
    oneThread: true,
    script: 'jax.mjs',
    args: ['THREADS'],
    needs: '@jax-js/jax',
  },
  {
    id: 'tfjs-cpu',
    kind: 'web',
    seconds: 1950,
    oneThread: true,
    firstCounts: true,
    script: 'tfjs.mjs',
    args: ['cpu', 'THREADS'],
    needs: '@tensorflow/tfjs',
  },
];

/**
 * @param nodes Node binaries that this project runs on; runtimes run on the bench's own.
 * @returns `{ entries, missing }`: `missing` has the lines that install those that are missing.
 */
export function findRunners(nodes) {
  const missing = new Set();
  const isThere = ({ script, needs }) => {
    if (script.endsWith('.py')) {
      if (hasTorch()) return true;
      missing.add(APT_LINE);
      return false;
    }
    if (needs === undefined || existsSync(join(RUNTIMES, 'node_modules', needs))) return true;
    missing.add(NPM_LINE);
    return false;
  };
  const ours = nodes.flatMap(({ binary, major }) => [
    {
      id: `node${major}`,
      kind: 'ours',
      seconds: 9,
      script: 'cyclegan.mjs',
      args: ['wasm', 'THREADS', '1'],
      binary,
    },
    {
      id: `node${major}-no-flags`,
      kind: 'ours',
      seconds: 12,
      script: 'cyclegan.mjs',
      args: ['wasm', 'THREADS', '0'],
      binary,
      noFlags: true,
    },
  ]);
  const runtimes = KINDS.filter(isThere);
  // PyTorch first: what it gives out is what others are compared with.
  const order = (entry) => (entry.id === 'pytorch' ? 0 : 1);
  const entries = [...ours, ...runtimes].sort((a, b) => order(a) - order(b));
  return { entries, missing: [...missing] };
}

/** An entry as a process to start. */
export function withThreads({ script, args, binary = process.execPath, ...entry }, threads) {
  const command = script.endsWith('.py') ? PYTHON : binary;
  const filled = args.map((argument) => (argument === 'THREADS' ? String(threads) : argument));
  return { ...entry, threads, command, args: [join(RUNTIMES, script), ...filled] };
}

/**
 * The C library keeps memory that was given back. A layer's output is up to 20 MB, for which PyTorch asks anew in each run;
 * new pages cost up to six times what the layer does, and whether they are new depends on what the process did before.
 */
export function keepsMemory(entry) {
  const env = {
    MALLOC_MMAP_THRESHOLD_: String(2 ** 25),
    MALLOC_TRIM_THRESHOLD_: String(2 ** 30),
    MALLOC_TOP_PAD_: String(2 ** 26),
  };
  return { ...entry, env: { ...entry.env, ...env } };
}

let torch;
export function hasTorch() {
  torch ??= succeeds(PYTHON, ['-c', 'import torch']);
  return torch;
}

export function describeNode(binary) {
  const versions = JSON.parse(
    execFileSync(binary, ['-p', 'JSON.stringify(process.versions)'], { encoding: 'utf8' }),
  );
  return {
    binary,
    node: versions.node,
    v8: versions.v8,
    major: Number.parseInt(versions.node, 10),
  };
}

function succeeds(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
