import { CycleganError } from '../errors.js';
import type { Engine, EngineOptions, Peak } from './engine.js';

/** Every engine, fastest first, each behind a lazy import. */
const ENGINES: readonly { readonly name: string; readonly load: () => Promise<Engine> }[] = [
  { name: 'wasm', load: async () => (await import('./wasm/wasmEngine.js')).wasmEngine },
  { name: 'js', load: async () => (await import('./js/jsEngine.js')).jsEngine },
];

export const engineNames: readonly string[] = ENGINES.map(({ name }) => name);

/**
 * The engine of that name, or the fastest that runs here.
 * @throws CycleganError `ERR_UNKNOWN_ENGINE`, or `ERR_ENGINE_UNAVAILABLE` with the reason.
 */
export async function selectEngine(name?: string): Promise<Engine> {
  const candidates = ENGINES.filter((entry) => name === undefined || entry.name === name);
  const reasons: string[] = [];
  for (const { load } of candidates) {
    const engine = await load();
    const reason = await engine.unavailable();
    if (reason === null) return engine;
    reasons.push(`${engine.name}: ${reason}`);
  }
  if (candidates.length === 0) {
    throw new CycleganError(
      'ERR_UNKNOWN_ENGINE',
      `There is no engine "${name}"; known: ${engineNames.join(', ')}.`,
    );
  }
  throw new CycleganError('ERR_ENGINE_UNAVAILABLE', `No engine runs here (${reasons.join('; ')}).`);
}

/**
 * What this machine reaches at most with the code of an engine: the roof over what a network can do. Takes a second.
 * @returns `null` for an engine of which that says nothing, such as the reference.
 * @throws CycleganError for an unknown engine, or one that cannot run here.
 */
export async function measurePeak(options: EngineOptions = {}): Promise<Peak | null> {
  return (await (await selectEngine(options.engine)).peak?.(options)) ?? null;
}
