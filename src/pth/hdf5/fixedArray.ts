import {
  type ChunkGrid,
  checkEntry,
  chunkAt,
  chunkCollector,
  chunkCounts,
  positionOf,
} from './chunkGrid.js';
import type { Chunk } from './chunks.js';
import { badHdf5 } from './fields.js';
import type { Hdf5File } from './hdf5File.js';

const HEAD_BYTES = 28;
/** Signature, version, kind, and the head's address. */
const BLOCK_BYTES = 14;
const SUM_BYTES = 4;
const WHAT = 'An index of chunks';

/**
 * The chunks of an array all of whose axes have an end, by a list of their places (`FAHD`), in one piece or in pages.
 * @throws PthError when it is damaged.
 */
export async function fixedArray(
  file: Hdf5File,
  address: number,
  grid: ChunkGrid,
): Promise<readonly Chunk[]> {
  const head = await file.read(address, HEAD_BYTES, WHAT);
  const place = head.place;
  head.signature('FAHD');
  head.skip(1);
  const [client, width, pageBits] = [head.uint8(), head.uint8(), head.uint8()];
  const count = head.length();
  const block = head.address();
  checkEntry(width, client, grid, place);
  if (block === null) return [];
  const { chunks, take } = chunkCollector(file, grid, { width, counts: chunkCounts(grid, place) });
  const page = 2 ** pageBits;
  if (count <= page) {
    const fields = await file.read(block, BLOCK_BYTES + count * width, WHAT);
    fields.signature('FADB');
    fields.skip(BLOCK_BYTES - 4);
    take(fields, 0, count);
    return chunks;
  }
  const pages = Math.ceil(count / page);
  const bits = Math.ceil(pages / 8);
  const fields = await file.read(block, BLOCK_BYTES + bits, WHAT);
  fields.signature('FADB');
  fields.skip(BLOCK_BYTES - 4);
  const written = fields.bytes(bits);
  const start = block + BLOCK_BYTES + bits + SUM_BYTES;
  for (let i = 0; i < pages; i++) {
    file.step(WHAT);
    if (!isPageWritten(written, i)) continue;
    const length = Math.min(page, count - i * page);
    const at = start + i * (page * width + SUM_BYTES);
    take(await file.read(at, length * width, WHAT), i * page, length);
  }
  return chunks;
}

/** A bit for each page, the highest of a byte first. */
export function isPageWritten(bits: Uint8Array, page: number): boolean {
  return (bits[page >> 3] & (0x80 >> (page & 7))) !== 0;
}

/** The chunks of an array that was given its room at once: one behind the other. */
export function implicitChunks(
  file: Hdf5File,
  address: number,
  grid: ChunkGrid,
  place: number,
): readonly Chunk[] {
  const counts = chunkCounts(grid, place);
  const total = counts.reduce((product, count) => product * count, 1);
  if (!(file.place(address) + total * grid.bytes <= file.source.size)) {
    throw badHdf5(`${total} chunks of ${grid.bytes} bytes reach beyond the file`, place);
  }
  const chunks: Chunk[] = [];
  for (let i = 0; i < total; i++) {
    const entry = { address: address + i * grid.bytes, bytes: grid.bytes, without: 0 };
    const chunk = chunkAt(file, grid, entry, positionOf(i, counts));
    if (chunk !== null) chunks.push(chunk);
  }
  return chunks;
}
