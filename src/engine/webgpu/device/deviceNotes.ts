import { cacheKey, readCached, writeCached } from '../../../platform/cacheFolder.js';

/** What was found out about a device. */
export interface DeviceNotes {
  /** The self-check's result by what was checked. */
  readonly checks: Record<string, { passed: boolean; difference: number; refusal?: string }>;
  /** The fastest tile by product, as text. */
  readonly tiles: Record<string, string>;
}

/**
 * Notes on an adapter, with its driver, that outlast its devices, and the process where the program keeps anything (`platform/cacheFolder.ts`); a library and a
 * page keep them in memory.
 */
export class DeviceMemory {
  readonly notes: DeviceNotes;
  readonly #name: string | null;
  static readonly #known = new Map<string, DeviceMemory>();

  /** @param adapter What tells an adapter and its driver from others. */
  static of(adapter: readonly string[]): DeviceMemory {
    const key = JSON.stringify(adapter);
    const known = DeviceMemory.#known.get(key) ?? new DeviceMemory(adapter);
    DeviceMemory.#known.set(key, known);
    return known;
  }

  private constructor(adapter: readonly string[]) {
    this.#name = cacheKey('gpu', adapter);
    const kept = this.#name === null ? null : readCached(this.#name);
    this.notes = { checks: checksOf(kept), tiles: tilesOf(kept) };
  }

  keep(): void {
    if (this.#name !== null) writeCached(this.#name, this.notes);
  }
}

/** The file may have been written by anybody: what is no check, or did not pass, is done again. */
function checksOf(kept: unknown): DeviceNotes['checks'] {
  const checks = Object.entries(Object((kept as { checks?: unknown } | null)?.checks));
  return record(
    checks.flatMap(([key, value]) => {
      const { passed, difference } = Object(value) as { passed?: unknown; difference?: unknown };
      return passed === true && typeof difference === 'number'
        ? [[key, { passed, difference }] as const]
        : [];
    }),
  );
}

function tilesOf(kept: unknown): DeviceNotes['tiles'] {
  const tiles = Object.entries(Object((kept as { tiles?: unknown } | null)?.tiles));
  return record(
    tiles.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : [])),
  );
}

function record<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}
