import {
  type ChunkGrid,
  checkEntry,
  chunkCollector,
  chunkCounts,
  type TakeEntries,
} from './chunkGrid.js';
import type { Chunk } from './chunks.js';
import { badHdf5 } from './fields.js';
import { isPageWritten } from './fixedArray.js';
import type { Hdf5File } from './hdf5File.js';

const HEAD_BYTES = 72;
/** Signature, version, kind, and the head's address. */
const BLOCK_BYTES = 14;
const SUM_BYTES = 4;
const WHAT = 'An index of chunks';

/** What the head (`EAHD`) says. */
interface Head {
  readonly width: number;
  /** Entries of the first block. */
  readonly direct: number;
  /** Entries of the smallest blocks. */
  readonly least: number;
  /** Pointers of the smallest blocks of pointers. */
  readonly leastPointers: number;
  readonly pageBits: number;
  /** Blocks of blocks that there may be. */
  readonly levels: number;
  /** Bytes of a block's place among all entries. */
  readonly offsetBytes: number;
  readonly first: number | null;
}

/**
 * The chunks of an array one of whose axes has no end, by a list of their places that grows: some entries, then blocks of them, then
 * blocks of such blocks, each twice as large as the one before.
 *
 * @throws PthError when it is damaged.
 */
export async function extensibleArray(
  file: Hdf5File,
  address: number,
  grid: ChunkGrid,
): Promise<readonly Chunk[]> {
  const head = await readHead(file, address, grid);
  const place = file.place(address);
  const endless = grid.most.indexOf(null);
  const counts = chunkCounts(grid, place, endless);
  const { chunks, take } = chunkCollector(file, grid, { width: head.width, counts, endless });
  if (head.first !== null) await readFirst(file, head.first, head, take);
  return chunks;
}

async function readHead(file: Hdf5File, address: number, grid: ChunkGrid): Promise<Head> {
  const head = await file.read(address, HEAD_BYTES, WHAT);
  const place = head.place;
  head.signature('EAHD');
  head.skip(1);
  const [client, width, bits, direct] = Array.from({ length: 4 }, () => head.uint8());
  const [least, leastPointers, pageBits] = Array.from({ length: 3 }, () => head.uint8());
  // How many blocks and entries there are of each kind.
  head.skip(48);
  const first = head.address();
  checkEntry(width, client, grid, place);
  const powers = [Math.log2(least), Math.log2(leastPointers)];
  if (!powers.every((power) => Number.isInteger(power)) || bits > 64 || bits < powers[0]) {
    throw badHdf5(`${WHAT} in blocks of ${least} entries and ${leastPointers} pointers`, place);
  }
  const levels = 1 + bits - powers[0];
  const offsetBytes = Math.ceil(bits / 8);
  return { width, direct, least, leastPointers, pageBits, levels, offsetBytes, first };
}

/** Entries, blocks and blocks of blocks (`EAIB`). */
async function readFirst(
  file: Hdf5File,
  address: number,
  head: Head,
  take: TakeEntries,
): Promise<void> {
  const { width, direct, leastPointers, levels } = head;
  const near = Math.min(levels, 2 * Math.log2(leastPointers));
  const pointers = 2 * (leastPointers - 1) + levels - near;
  const length = BLOCK_BYTES + direct * width + 8 * pointers;
  const fields = await file.read(address, length, WHAT);
  fields.signature('EAIB');
  fields.skip(BLOCK_BYTES - 4);
  take(fields, 0, direct);
  for (let level = 0; level < levels; level++) {
    const blocks = 2 ** (level >> 1);
    const count = 2 ** ((level + 1) >> 1) * head.least;
    const from = direct + (2 ** level - 1) * head.least;
    if (level < near) {
      for (let i = 0; i < blocks; i++) {
        const at = fields.address();
        if (at !== null) await readBlock(file, at, head, { from: from + i * count, count }, take);
      }
    } else {
      const at = fields.address();
      if (at !== null) await readBlocks(file, at, head, { from, count, blocks }, take);
    }
  }
}

/** A block of pointers to blocks (`EASB`), and which pages of those were written. */
async function readBlocks(
  file: Hdf5File,
  address: number,
  head: Head,
  {
    from,
    count,
    blocks,
  }: { readonly from: number; readonly count: number; readonly blocks: number },
  take: TakeEntries,
): Promise<void> {
  const pages = count / 2 ** head.pageBits;
  const isPaged = pages > 1;
  // Whole bytes for each block, though the bits of one follow upon those of the one before.
  const bits = isPaged ? blocks * Math.ceil(pages / 8) : 0;
  const start = BLOCK_BYTES + head.offsetBytes;
  const fields = await file.read(address, start + bits + 8 * blocks, WHAT);
  fields.signature('EASB');
  fields.skip(start - 4);
  const written = fields.bytes(bits);
  for (let i = 0; i < blocks; i++) {
    file.step(WHAT);
    const at = fields.address();
    if (at === null) continue;
    const isWritten = isPaged ? (page: number) => isPageWritten(written, i * pages + page) : null;
    await readBlock(file, at, head, { from: from + i * count, count, isWritten }, take);
  }
}

/** A block of entries (`EADB`), in one piece or in pages. */
async function readBlock(
  file: Hdf5File,
  address: number,
  head: Head,
  block: {
    readonly from: number;
    readonly count: number;
    /** Of a block in pages: which of them were written. */
    readonly isWritten?: ((page: number) => boolean) | null;
  },
  take: TakeEntries,
): Promise<void> {
  const { from, count, isWritten = null } = block;
  const { width, pageBits } = head;
  const start = BLOCK_BYTES + head.offsetBytes;
  const fields = await file.read(address, start + (isWritten === null ? count * width : 0), WHAT);
  fields.signature('EADB');
  fields.skip(start - 4);
  if (isWritten === null) {
    take(fields, from, count);
    return;
  }
  const page = 2 ** pageBits;
  for (let i = 0; i < count / page; i++) {
    file.step(WHAT);
    if (!isWritten(i)) continue;
    const at = address + start + SUM_BYTES + i * (page * width + SUM_BYTES);
    take(await file.read(at, page * width, WHAT), from + i * page, page);
  }
}
