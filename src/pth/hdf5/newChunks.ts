import { type ChunkEntry, type ChunkGrid, checkEntry, chunkAt, readEntry } from './chunkGrid.js';
import type { Chunk } from './chunks.js';
import { extensibleArray } from './extensibleArray.js';
import { badHdf5, type Fields, unknownHdf5 } from './fields.js';
import { fixedArray, implicitChunks } from './fixedArray.js';
import type { Hdf5File } from './hdf5File.js';
import { secondTree } from './secondTree.js';

/** How chunks are found, by the format's numbers. */
const INDEX = { single: 1, implicit: 2, fixed: 3, extensible: 4, tree: 5 } as const;
/** Whether filters were left out at the edges, and whether the only chunk has been filtered. */
const FLAG = { keepsEdges: 1, isFiltered: 2 } as const;

/** What the newer version of a layout says of chunks. */
export interface NewChunks {
  readonly kind: number;
  readonly keepsEdges: boolean;
  readonly address: number | null;
  /** Of a chunk; the last is the bytes of an element. */
  readonly sides: readonly number[];
  /** Of the only chunk, where it was filtered. */
  readonly single: { readonly bytes: number; readonly without: number } | null;
  readonly place: number;
}

/** @param fields Behind version and class. */
export function readNewChunks(fields: Fields): NewChunks {
  const place = fields.place;
  const flags = fields.uint8();
  const rank = fields.uint8();
  const width = fields.uint8();
  const sides = Array.from({ length: rank }, () => fields.uint(width));
  const kind = fields.uint8();
  const isFiltered = kind === INDEX.single && (flags & FLAG.isFiltered) !== 0;
  const single = isFiltered ? { bytes: fields.length(), without: fields.uint32() } : null;
  // How arrays and trees are cut stands in their own heads, too.
  if (kind === INDEX.fixed) fields.skip(1);
  else if (kind === INDEX.extensible) fields.skip(5);
  else if (kind === INDEX.tree) fields.skip(6);
  const keepsEdges = (flags & FLAG.keepsEdges) !== 0;
  return { kind, keepsEdges, address: fields.address(), sides, single, place };
}

/**
 * The chunks of an array, by whichever index.
 * @throws PthError when it is damaged, or of a kind that is not known.
 */
export async function newChunks(
  file: Hdf5File,
  { kind, address, single, place }: NewChunks,
  grid: ChunkGrid,
): Promise<readonly Chunk[]> {
  if (address === null) return [];
  if (kind === INDEX.single) {
    if (grid.hasFilters && single === null) throw badHdf5('A chunk without its length', place);
    const entry = { bytes: grid.bytes, without: 0, ...single, address };
    const chunk = chunkAt(
      file,
      grid,
      entry,
      grid.shape.map(() => 0),
    );
    return chunk === null ? [] : [chunk];
  }
  if (kind === INDEX.implicit) return implicitChunks(file, address, grid, place);
  if (kind === INDEX.fixed) return fixedArray(file, address, grid);
  if (kind === INDEX.extensible) return extensibleArray(file, address, grid);
  if (kind === INDEX.tree) return treeChunks(file, address, grid);
  throw unknownHdf5(`Index ${kind} of chunks`, place);
}

/** Of an array several of whose axes have no end. */
async function treeChunks(
  file: Hdf5File,
  address: number,
  grid: ChunkGrid,
): Promise<readonly Chunk[]> {
  const type = grid.hasFilters ? 11 : 10;
  const rank = grid.shape.length;
  const records = await secondTree(file, address, { type, what: 'An index of chunks' });
  return records.flatMap((record) => {
    // A record is an entry and, for each axis, its place in chunks.
    const width = record.left - 8 * rank;
    checkEntry(width, grid.hasFilters ? 1 : 0, grid, record.place);
    const entry: ChunkEntry | null = readEntry(record, width, grid);
    const position = grid.shape.map(() => record.length());
    return (entry && chunkAt(file, grid, entry, position)) ?? [];
  });
}
