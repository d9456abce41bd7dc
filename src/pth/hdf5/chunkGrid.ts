import { COSTS } from '../pickle/costs.js';
import type { Chunk } from './chunks.js';
import { badHdf5, type Fields } from './fields.js';
import type { Hdf5File } from './hdf5File.js';

/** An array that is cut into chunks which newer indices find by numbers. */
export interface ChunkGrid {
  readonly shape: readonly number[];
  /** How far each axis may grow; `null` where there is no end. */
  readonly most: readonly (number | null)[];
  /** Of a chunk; without the bytes of an element. */
  readonly sides: readonly number[];
  /** Bytes of a chunk before filters. */
  readonly bytes: number;
  readonly hasFilters: boolean;
  /** Whether filters were left out of chunks that reach beyond the array. */
  readonly keepsEdges: boolean;
}

/** Where a chunk lies, without its place in the array. */
export interface ChunkEntry {
  readonly address: number;
  readonly bytes: number;
  readonly without: number;
}

/** The chunk at a place that is counted in chunks; `null` for one outside the array, which it was once larger than. */
export function chunkAt(
  file: Hdf5File,
  grid: ChunkGrid,
  entry: ChunkEntry,
  position: readonly number[],
): Chunk | null {
  file.step('A chunk');
  const offsets = position.map((at, axis) => at * grid.sides[axis]);
  if (!offsets.every((offset, axis) => offset < grid.shape[axis])) return null;
  const isWhole = offsets.every((offset, axis) => offset + grid.sides[axis] <= grid.shape[axis]);
  const without = grid.keepsEdges && !isWhole ? 0xffffffff : entry.without;
  return { ...entry, without, offsets };
}

/**
 * How many chunks each axis has when it has grown to the end. Numbers of chunks count by these, the last axis fastest.
 * @param endless The axis that has no end, which goes slowest, whichever it is.
 */
export function chunkCounts({ most, sides }: ChunkGrid, place: number, endless = -1): number[] {
  return most.map((side, axis) => {
    if (axis === endless) return Number.POSITIVE_INFINITY;
    const count = side === null ? 0 : Math.ceil(side / sides[axis]);
    if (count === 0) throw badHdf5('An index of chunks for an axis without an end', place);
    return count;
  });
}

/** Where the chunk of a number is, in chunks. */
export function positionOf(index: number, counts: readonly number[], endless = -1): number[] {
  const order = counts.map((_, axis) => axis).filter((axis) => axis !== endless);
  if (endless >= 0) order.unshift(endless);
  const position = counts.map(() => 0);
  let rest = index;
  for (const axis of order.reverse()) {
    const count = counts[axis];
    position[axis] = Number.isFinite(count) ? rest % count : rest;
    rest = Number.isFinite(count) ? Math.floor(rest / count) : 0;
  }
  if (rest > 0) position[order.at(-1) ?? 0] = Number.POSITIVE_INFINITY;
  return position;
}

/** An entry of an index, which has so many bytes; `null` for a chunk that was never written. */
export function readEntry(fields: Fields, width: number, grid: ChunkGrid): ChunkEntry | null {
  const address = fields.address();
  const bytes = grid.hasFilters ? fields.uint(width - 12) : grid.bytes;
  const without = grid.hasFilters ? fields.uint32() : 0;
  return address === null ? null : { address, bytes, without };
}

/** Takes entries that stand one after the other, the first of which has the number `from`. */
export type TakeEntries = (fields: Fields, from: number, count: number) => void;

/**
 * Collects the chunks that the entries of an index lead to.
 * @param counts How many chunks each axis has (`chunkCounts`).
 */
export function chunkCollector(
  file: Hdf5File,
  grid: ChunkGrid,
  { width, counts, endless }: { width: number; counts: readonly number[]; endless?: number },
): { readonly chunks: readonly Chunk[]; readonly take: TakeEntries } {
  const chunks: Chunk[] = [];
  const take: TakeEntries = (fields, from, count) => {
    for (let i = from; i < from + count; i++) {
      // Many arrays can have one index, and none of its chunks need be there.
      file.budget.takeValues(COSTS.slot, 'An index of chunks');
      const entry = readEntry(fields, width, grid);
      const chunk = entry && chunkAt(file, grid, entry, positionOf(i, counts, endless));
      if (chunk !== null) chunks.push(chunk);
    }
  };
  return { chunks, take };
}

/** @throws PthError for entries that cannot be those of such a grid. */
export function checkEntry(width: number, client: number, grid: ChunkGrid, place: number): void {
  const isFiltered = client === 1;
  const isWidth = isFiltered ? width > 12 && width <= 20 : width === 8;
  if (client > 1 || isFiltered !== grid.hasFilters || !isWidth) {
    throw badHdf5(`An index of entries of kind ${client} and ${width} bytes`, place);
  }
}
