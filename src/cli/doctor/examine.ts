import type { EngineName } from '../../engine/engine.js';
import { selectEngine } from '../../engine/engines.js';
import { CycleganError } from '../../errors.js';
import { compile } from '../../nn/compile.js';
import { Conv2d } from '../../nn/conv2d.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { cacheFolder } from '../../platform/cacheFolder.js';
import { availableCores } from '../../platform/cores.js';
import { errorCode } from '../../platform/fileError.js';
import { realPath } from '../../platform/files.js';
import { Tensor } from '../../tensor/tensor.js';
import { type Finding, fine, problem, shellWord } from './finding.js';
import {
  type Cache,
  cacheFinding,
  gpuFinding,
  isolationFinding,
  memoryFinding,
  threadFinding,
} from './machine.js';
import { newerNode, nodeFinding, processorFlags, vectorFinding } from './runtime.js';

/** Looks at everything that this program needs of a machine, or could use; each thing by trying it, where that is possible. */
export async function examine(): Promise<readonly Finding[]> {
  const os = requireBuiltin('os', 'Looking at this machine');
  const { versions, env, argv, arch } = process;
  // Links are followed: beside the file itself, Node looks for packages.
  const command = await realPath(argv[1] ?? 'cyclegan');
  const newer = newerNode(env, command);
  const tried = await tryEngine();
  const { permission } = process as { permission?: { has(scope: string): boolean } };
  const vectors = {
    variant: tried.variant,
    arch,
    flags: processorFlags(await textOf('/proc/cpuinfo')),
    isKeptNarrow: (env.CYCLEGAN_NO_REVECTORIZE ?? '') !== '',
  };
  return [
    nodeFinding(versions, newer),
    tried.finding,
    vectorFinding(vectors, newer),
    threadFinding({
      used: availableCores(),
      processors: os.cpus().length,
      isShared: typeof SharedArrayBuffer === 'function',
      areForbidden: permission?.has('worker') === false,
      load: os.loadavg()[0],
    }),
    isolationFinding(typeof SharedArrayBuffer === 'function'),
    memoryFinding(memory()),
    cacheFinding(await cache()),
    gpuFinding(await refusalOf('webgpu'), installCommand(command)),
  ];
}

/** A small network is compiled, run, and compared with what it has to give. */
async function tryEngine(): Promise<{ finding: Finding; variant: string | null }> {
  try {
    const conv = new Conv2d(3, 8, 3);
    for (const tensor of conv.stateDict().values()) tensor.data.fill(1);
    const inputShape = [1, 3, 32, 32];
    const program = await compile(conv, { inputShape, allowV8Flags: true });
    const { data } = await program.run(
      new Tensor(new Float32Array(3 * 32 * 32).fill(1), inputShape),
    );
    const { engine, details } = program;
    program.dispose();
    // 27 products of ones, and a bias of one.
    if (!data.every((value) => value === 28)) {
      return {
        finding: problem('engine', `${engine} computes something else`, null),
        variant: null,
      };
    }
    const variant = /^variant ([^,]+)/.exec(details.join('\n'))?.[1] ?? null;
    return { finding: fine('engine', `${engine}, tried: ${details.join(', ')}`), variant };
  } catch (error) {
    if (!(error instanceof CycleganError)) throw error;
    return { finding: problem('engine', error.message, null), variant: null };
  }
}

/** Why an engine cannot be had; `null` where it can. */
async function refusalOf(name: EngineName): Promise<string | null> {
  try {
    await selectEngine(name);
    return null;
  } catch (error) {
    if (!(error instanceof CycleganError)) throw error;
    return /^No engine runs here \(\w+: (.*)\)\.$/s.exec(error.message)?.[1] ?? error.message;
  }
}

/** What of the machine's memory can still be had, and what there is, within a container's limit. */
function memory(): { readonly available: number; readonly total: number } {
  const os = requireBuiltin('os', 'Looking at memory');
  const limit = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  const { availableMemory } = process as { availableMemory?: () => number };
  const available = availableMemory?.() ?? os.freemem();
  return { available: Math.min(available, limit), total: Math.min(os.totalmem(), limit) };
}

/** The cache's folder, or that in which it would be made. */
async function cache(): Promise<Cache> {
  const folder = cacheFolder();
  if (folder === null) return { folder, refusal: null, free: null };
  const fs = requireBuiltin('fs/promises', 'Looking at the cache');
  const { dirname } = requireBuiltin('path', 'Looking at the cache');
  let there = folder;
  while (dirname(there) !== there && (await fs.stat(there).catch(() => null)) === null) {
    there = dirname(there);
  }
  const refusal = await fs.access(there, fs.constants.W_OK | fs.constants.X_OK).then(
    () => null,
    (error: unknown) => String(errorCode(error)),
  );
  const free = await fs.statfs(there).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  );
  return { folder, refusal, free };
}

/** Installs the optional package where this very file looks for it. */
function installCommand(command: string): string {
  const { dirname, resolve } = requireBuiltin('path', 'A command');
  const file = resolve(command);
  const [before, ...inside] = file.split(/[/\\]node_modules[/\\]/);
  if (inside.length > 0 && /[/\\]lib$/.test(before)) return 'npm install --global webgpu';
  const folder = inside.length > 0 ? before : dirname(file);
  return `npm install --prefix ${shellWord(folder)} webgpu`;
}

async function textOf(path: string): Promise<string> {
  const { readFile } = requireBuiltin('fs/promises', `Reading ${path}`);
  return readFile(path, 'utf8').catch(() => '');
}
