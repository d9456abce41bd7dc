import { inflateZlib } from '../../platform/inflate.js';
import { sizeOf } from '../../tensor/shape.js';
import type { Budget } from '../budget.js';
import { badHdf5, unknownHdf5 } from './fields.js';
import type { Hdf5File } from './hdf5File.js';
import { treeLeaves } from './tree.js';

/** What is done to chunks, by the format's numbers. */
const DEFLATE = 1;
const SHUFFLE = 2;
const CHECKSUM = 3;

/** Something that was done to each chunk before it was written. */
export interface Filter {
  readonly id: number;
  /** Its first parameter: of shuffling, how many bytes an element has. */
  readonly first: number;
  readonly place: number;
}

/** A box of an array, which lies in one piece. */
export interface Chunk {
  readonly address: number;
  /** As it is stored. */
  readonly bytes: number;
  /** A bit for each filter that was left out. */
  readonly without: number;
  /** Its first element's place in the array. */
  readonly offsets: readonly number[];
}

/** The chunks of an array of so many dimensions, as its tree lists them. */
export async function chunksOf(
  file: Hdf5File,
  address: number,
  rank: number,
): Promise<readonly Chunk[]> {
  const leaves = await treeLeaves(file, address, { type: 1, keyBytes: 8 + 8 * (rank + 1) });
  return leaves.map(({ address: at, key }) => ({
    address: at,
    bytes: key.uint32(),
    without: key.uint32(),
    offsets: Array.from({ length: rank }, () => key.length()),
  }));
}

/** An array, and the chunks that it is cut into. */
interface Cut {
  readonly shape: readonly number[];
  /** Of a chunk; the last is `width`. */
  readonly sides: readonly number[];
  /** Bytes of an element. */
  readonly width: number;
}

/**
 * Puts the chunks of an array together.
 * @throws PthError when one is damaged, or lies outside the array.
 */
export async function readChunks(
  from: {
    readonly file: Hdf5File;
    readonly budget: Budget;
    readonly chunks: readonly Chunk[];
    readonly filters: readonly Filter[];
  },
  cut: Cut,
  out: Uint8Array,
): Promise<void> {
  const { file, budget, chunks, filters } = from;
  const length = sizeOf(cut.sides);
  for (const chunk of chunks) {
    const start = file.place(chunk.address);
    if (!(start + chunk.bytes <= file.source.size)) {
      throw badHdf5(`A chunk of ${chunk.bytes} bytes reaches beyond the file`, start);
    }
    if (!chunk.offsets.every((offset, axis) => offset < cut.shape[axis])) {
      throw badHdf5(`A chunk at [${chunk.offsets.join(', ')}] lies outside its array`, start);
    }
    // Also where the file is in memory already: many chunks can be one.
    budget.take(chunk.bytes, 'A chunk');
    const stored = await budget.read(file.source, start, start + chunk.bytes, 'A chunk');
    const content = unfiltered(stored, chunk, { filters, length, budget, start });
    place(content, chunk, cut, out);
  }
}

function unfiltered(
  stored: Uint8Array,
  { without }: Chunk,
  {
    filters,
    length,
    budget,
    start,
  }: {
    readonly filters: readonly Filter[];
    readonly length: number;
    readonly budget: Budget;
    readonly start: number;
  },
): Uint8Array {
  let content = stored;
  for (let i = filters.length - 1; i >= 0; i--) {
    const { id, first, place: at } = filters[i];
    if ((without & (2 ** i)) !== 0) continue;
    budget.take(length + content.length, 'A chunk');
    if (id === CHECKSUM) content = content.subarray(0, Math.max(0, content.length - 4));
    else if (id === SHUFFLE) content = unshuffled(content, first);
    else if (id === DEFLATE) {
      // Sums of chunks stand behind them, and are packed with them.
      const { bytes, end } = inflateZlib(content, length + 4 * filters.length);
      if (end !== 'whole') throw badHdf5(`A chunk does not inflate to its ${length} bytes`, start);
      content = bytes;
    } else throw unknownHdf5(`Filter ${id} of chunks`, at);
  }
  if (content.length !== length) {
    throw badHdf5(`A chunk has ${content.length} bytes in place of ${length}`, start);
  }
  return content;
}

/** First bytes of all elements stand together, then second bytes, and so on. */
function unshuffled(content: Uint8Array, width: number): Uint8Array {
  const count = Math.floor(content.length / width);
  // A width that a file claims can be far more than there are bytes.
  if (width < 2 || count === 0) return content;
  const out = content.slice();
  for (let byte = 0, from = 0; byte < width; byte++) {
    for (let i = 0; i < count; i++) out[i * width + byte] = content[from++];
  }
  return out;
}

/** Copies a chunk to its place, row by row, without what reaches beyond the array's edges. */
function place(content: Uint8Array, { offsets }: Chunk, cut: Cut, out: Uint8Array): void {
  const { shape, sides, width } = cut;
  const last = shape.length - 1;
  if (last < 0) {
    out.set(content);
    return;
  }
  const most = shape.map((side, axis) => Math.min(sides[axis], side - offsets[axis]));
  const row = most[last] * width;
  const rows = sizeOf(most.slice(0, last));
  const index = new Array<number>(last).fill(0);
  for (let i = 0; i < rows; i++) {
    let [from, to] = [0, 0];
    for (let axis = 0; axis <= last; axis++) {
      from = from * sides[axis] + (index[axis] ?? 0);
      to = to * shape[axis] + offsets[axis] + (index[axis] ?? 0);
    }
    out.set(content.subarray(from * width, from * width + row), to * width);
    for (let axis = last - 1; axis >= 0; axis--) {
      if (++index[axis] < most[axis]) break;
      index[axis] = 0;
    }
  }
}
