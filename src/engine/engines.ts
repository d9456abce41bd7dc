import { CycleganError } from '../errors.js';
import type { Engine, EngineName, EngineOptions, Peak } from './engine.js';

/** Every engine, fastest first, each behind a lazy import. */
const ENGINES: readonly { readonly name: EngineName; readonly load: () => Promise<Engine> }[] = [
  { name: 'wasm', load: async () => (await import('./wasm/wasmEngine.js')).wasmEngine },
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
 * The engine of that name, or the fastest that runs here.
 * @throws CycleganError `ERR_UNKNOWN_ENGINE`, or `ERR_ENGINE_UNAVAILABLE` with the reason.
 */
export async function selectEngine(name?: EngineName): Promise<Engine> {
  // Without TypeScript, a name may be anything.
  const wanted = name === undefined ? undefined : parseEngineName(name);
  const reasons: string[] = [];
  for (const { load } of ENGINES.filter((entry) => entry.name === (wanted ?? entry.name))) {
    const engine = await load();
    const reason = await engine.unavailable();
    if (reason === null) return engine;
    reasons.push(`${engine.name}: ${reason}`);
  }
  throw new CycleganError('ERR_ENGINE_UNAVAILABLE', `No engine runs here (${reasons.join('; ')}).`);
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
  return (await (await selectEngine(options.engine)).peak?.(options)) ?? null;
}
