import { CycleganError, ShapeError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { noticeOnce } from '../platform/notice.js';
import { checkOptions } from '../tensor/callerValues.js';
import { describeValue } from '../tensor/describeValue.js';
import type { Engine, EngineName, EngineOptions, Peak, Program } from './engine.js';

interface Entry {
  readonly name: EngineName;
  readonly load: () => Promise<Engine>;
  /** Whether it is taken only when it is asked for by name. */
  readonly byName?: boolean;
  /** Whether the engine's code is worth loading to ask whether hardware of its own does the work. */
  readonly hasHardware?: () => Promise<boolean>;
}

/** Every engine, each behind a lazy import; of those that need no name, the fastest first. */
const ENGINES: readonly Entry[] = [
  { name: 'wasm', load: async () => (await import('./wasm/wasmEngine.js')).wasmEngine },
  {
    name: 'webgpu',
    load: async () => (await import('./webgpu/webgpuEngine.js')).webgpuEngine,
    byName: true,
    hasHardware: async () => (await import('./webgpu/device/gpu.js')).hasHardware(),
  },
  { name: 'js', load: async () => (await import('./js/jsEngine.js')).jsEngine },
];

export const engineNames: readonly EngineName[] = ENGINES.map(({ name }) => name);

/**
 * A text as the name of an engine.
 * @throws CycleganError `ERR_UNKNOWN_ENGINE`.
 */
export function parseEngineName(text: string): EngineName {
  const name = engineNames.find((known) => known === text);
  if (name !== undefined) return name;
  throw new CycleganError(
    'ERR_UNKNOWN_ENGINE',
    `There is no engine "${text}"; known: ${engineNames.join(', ')}.`,
  );
}

/**
 * The engine of that name, or the fastest that runs here; a notice says why a faster one does not.
 * @throws CycleganError `ERR_UNKNOWN_ENGINE`, or `ERR_ENGINE_UNAVAILABLE` with the reason.
 */
export async function selectEngine(name?: EngineName): Promise<Engine> {
  // Without TypeScript, a name may be anything.
  const wanted = name === undefined ? undefined : parseEngineName(name);
  const reasons: string[] = [];
  for (const { load } of ENGINES.filter(({ name, byName }) =>
    wanted === undefined ? byName !== true : name === wanted,
  )) {
    const engine = await load();
    const reason = await engine.unavailable();
    if (reason === null) {
      if (reasons.length > 0)
        noticeOnce(
          `The engine "${engine.name}" does the work, many times slower than others would (${reasons.join('; ')}).`,
        );
      return engine;
    }
    reasons.push(`${engine.name}: ${reason}`);
  }
  throw new CycleganError('ERR_ENGINE_UNAVAILABLE', `No engine runs here (${reasons.join('; ')}).`);
}

/**
 * A graph as a program of the engine that the options name, or of the fastest that runs here.
 * @throws CycleganError `ERR_UNKNOWN_ENGINE`, `ERR_ENGINE_UNAVAILABLE`, or `ERR_PRECISION`.
 */
export async function compileByEngine(graph: Graph, options: EngineOptions): Promise<Program> {
  const engine = await selectEngine(options.engine);
  const { precision = 'f32' } = options;
  const { name, precisions = ['f32'] } = engine;
  // Without TypeScript, a precision may be anything.
  if (!precisions.includes(precision)) {
    const asked = typeof precision === 'string' ? `"${precision}"` : describeValue(precision);
    const hint = precision === 'f16' ? '; the engine webgpu has it, where the GPU does' : '';
    throw new CycleganError(
      'ERR_PRECISION',
      `The engine ${name} has the precision ${precisions.join(' and ')}, but was asked for ${asked}${hint}.`,
    );
  }
  return engine.compile(graph, options);
}

/**
 * Not every caller has a compiler that checks.
 * @throws ShapeError for what is no number of bytes.
 */
export function checkMemory(memory: unknown): void {
  if (memory === undefined || (typeof memory === 'number' && memory > 0)) return;
  const got = typeof memory === 'number' ? memory : describeValue(memory);
  throw new ShapeError(`memory is a number of bytes above 0, but got ${got}.`);
}

/**
 * Not every caller has a compiler that checks.
 * @throws ShapeError for what is no folder's name.
 */
export function checkScratch(scratch: unknown): void {
  if (scratch === undefined || (typeof scratch === 'string' && scratch !== '')) return;
  throw new ShapeError(`scratch is the path of a folder, but got ${describeValue(scratch)}.`);
}

/**
 * Whether the engine `webgpu` runs here on a GPU, and not on the processor: reason enough to name it.
 *
 * ```ts no-run
 * const engine = (await hasGpu()) ? 'webgpu' : undefined;
 * const program = await compile(netG, { inputShape: [1, 3, 256, 256], engine });
 * ```
 */
export async function hasGpu(): Promise<boolean> {
  const entry = ENGINES.find(({ name }) => name === 'webgpu');
  if ((await entry?.hasHardware?.()) !== true) return false;
  return (await (await entry?.load())?.isAccelerated?.()) ?? false;
}

/**
 * What this machine reaches at most with the code of an engine: the roof over what a network can do. Takes a second.
 *
 * ```ts no-run
 * const peak = await measurePeak({ threads: 1 });
 * console.log(peak?.gflops);
 * ```
 *
 * @returns `null` for an engine of which that says nothing, such as the reference.
 * @throws CycleganError for an unknown engine, or one that cannot run here.
 */
export async function measurePeak(options: EngineOptions = {}): Promise<Peak | null> {
  checkOptions('measurePeak', options);
  return (await (await selectEngine(options.engine)).peak?.(options)) ?? null;
}
