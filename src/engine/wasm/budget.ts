import { CycleganError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { freeMemory } from '../../platform/freeMemory.js';
import { MAX_PAGES, MemoryError, megabytes, PAGE } from './newMemory.js';
import { ECONOMIES, type Economy } from './plan/economy.js';

/** All that WebAssembly can have, in bytes. */
export const WHOLE_MEMORY = MAX_PAGES * PAGE;
/** What a program saves memory to stay below, if no budget is named: with the pictures, a process then has 768 MB, more or less. */
const AIM = 512e6;

/** How many bytes a program may have. */
export interface Budget {
  /** With more, it is refused. */
  readonly most: number;
  /** With more, it saves memory, if it can. */
  readonly aim: number;
}

/** @param memory As the caller names it, if so. */
export function budgetOf(memory: number | null): Budget {
  if (memory !== null) {
    const most = Math.min(memory, WHOLE_MEMORY);
    return { most, aim: most };
  }
  return { most: WHOLE_MEMORY, aim: Math.min(AIM, (freeMemory() ?? Number.POSITIVE_INFINITY) / 2) };
}

/** What is told of a program's memory. */
export const ECONOMY_NOTES: Readonly<Record<Economy, string>> = {
  none: '',
  overlays: ': values take the place of others',
  chains: ': values take the place of others, and large ones are made row by row',
  scratch: ': values take the place of others, large ones are made row by row',
};

/** A program needs more memory than it may have. */
export class BudgetError extends Error {
  readonly bytes: number;
  constructor(bytes: number) {
    super(`${bytes} bytes`);
    this.bytes = bytes;
  }
}

/**
 * The economies that are tried, in this order.
 * @param wanted One by name.
 * @param hasScratch Whether values may lie in a file.
 * @throws CycleganError for one that there is not, or that needs a file where there can be none.
 */
export function economiesFor(wanted: string | undefined, hasScratch: boolean): readonly Economy[] {
  if (wanted === undefined) return ECONOMIES.filter((name) => hasScratch || name !== 'scratch');
  const found = ECONOMIES.filter((name) => name === wanted);
  if (found.includes('scratch') && !hasScratch) {
    throw new CycleganError(
      'ERR_UNKNOWN_VARIANT',
      'The economy "scratch" needs a folder for its file (scratch), and a runtime that has files.',
    );
  }
  if (found.length > 0) return found;
  throw new CycleganError(
    'ERR_UNKNOWN_VARIANT',
    `The WebAssembly engine has no economy "${wanted}"; it has ${ECONOMIES.join(', ')}.`,
  );
}

/**
 * What `make` makes with the first of the economies that keeps to what is aimed at, or else with the one that saves most.
 * @throws MemoryError with the least that is needed.
 */
export async function withLeastEconomy<T>(
  graph: Graph,
  economies: readonly Economy[],
  { most, aim }: Budget,
  make: (economy: Economy, mostBytes: number) => Promise<T>,
): Promise<T> {
  let [best, least] = [economies[0], Number.POSITIVE_INFINITY];
  // Where there is no choice, nothing is made in vain.
  const limit = economies.length === 1 ? most : aim;
  for (const economy of economies) {
    try {
      return await make(economy, limit);
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error;
      if (error.bytes < least) [best, least] = [economy, error.bytes];
    }
  }
  // What lies in a file makes room up to the limit: without one near, all of it would be in memory.
  if (least <= most) return make(best, best === 'scratch' ? least : most);
  throw tooLarge(graph, least, most);
}

/**
 * The need of a network grows with the pixels, but for the weights; what would fit is told from that. Training and the like take
 * several inputs, and their callers know what makes them smaller.
 */
function tooLarge(graph: Graph, bytes: number, budget: number): MemoryError {
  const inputSides = graph.inputs[0]?.shape ?? [];
  if (graph.inputs.length !== 1 || inputSides.length < 3) {
    const most =
      budget < WHOLE_MEMORY
        ? `may have ${megabytes(budget)}`
        : `WebAssembly has ${megabytes(WHOLE_MEMORY)} at most`;
    return new MemoryError(`This takes ${atLeast(bytes)} of memory, and ${most}.`, {
      least: bytes,
    });
  }
  const [height, width] = inputSides.slice(-2);
  const short = Math.min(height, width);
  const side = Math.floor(Math.sqrt(Math.min(2 ** 31, budget) / bytes) * short);
  const smaller = Math.max(64, Math.floor(side / 64) * 64);
  const less = bytes * (smaller / short) ** 2;
  const limit = budget < WHOLE_MEMORY ? `, and may have ${megabytes(budget)}` : '';
  const advice = smaller < short ? `; --resize ${smaller} needs about ${megabytes(less)}.` : '.';
  return new MemoryError(
    `A picture of ${width} x ${height} needs at least ${atLeast(bytes)} of memory${limit}${advice}`,
    { least: bytes },
  );
}

/** Rounded up, so that so much is enough. */
function atLeast(bytes: number): string {
  return bytes < 1e9
    ? `${Math.ceil(bytes / 1e6)} MB`
    : `${(Math.ceil(bytes / 1e7) / 100).toFixed(2)} GB`;
}
