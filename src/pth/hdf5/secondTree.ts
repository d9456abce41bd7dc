import { COSTS } from '../pickle/costs.js';
import { badHdf5, type Fields } from './fields.js';
import type { Hdf5File } from './hdf5File.js';

const HEAD_BYTES = 38;
/** Of a node: signature, version, type and checksum. */
const NODE_BYTES = 10;
/** Trees of so many levels have more records than a file has bytes. */
const MAX_DEPTH = 16;

/** What belongs to each level of a tree, from its leaves up. */
interface Level {
  /** Bytes of the number of records in a child, and of those below it. */
  readonly counts: number;
  /** Records of a full node, and of all below it. */
  readonly all: number;
}

/**
 * The records of a B-tree of version 2, in order, to be read.
 * @param wanted The type of its records, what it is of, and how many bytes they have, as far as that is known.
 * @throws PthError when it is damaged.
 */
export async function secondTree(
  file: Hdf5File,
  address: number,
  wanted: { readonly type: number; readonly width?: number; readonly what: string },
): Promise<readonly Fields[]> {
  const { what } = wanted;
  const head = await file.read(address, HEAD_BYTES, what);
  head.signature('BTHD');
  head.skip(1);
  const type = head.uint8();
  const nodeBytes = head.uint32();
  const [width, depth] = [head.uint16(), head.uint16()];
  head.skip(2);
  const root = head.address();
  const count = head.uint16();
  const isWidth = width > 0 && width === (wanted.width ?? width);
  if (type !== wanted.type || !isWidth || depth > MAX_DEPTH) {
    const found = `A tree of type ${type}, of records of ${width} bytes and ${depth} levels`;
    throw badHdf5(`${found}, in place of one of type ${wanted.type}`, file.place(address));
  }
  const records: Fields[] = [];
  const take = (fields: Fields) => {
    file.budget.takeValues(2 * COSTS.call, what);
    records.push(fields.part(width));
  };
  const levels = levelsOf(nodeBytes, width, depth);
  const visit = async (at: number, size: number, level: number): Promise<void> => {
    const counts = level === 0 ? 0 : levels[level].counts;
    const children = level === 0 ? 0 : size + 1;
    const length = NODE_BYTES + size * width + children * (8 + counts);
    const fields = await file.read(at, length, what);
    fields.signature(level === 0 ? 'BTLF' : 'BTIN');
    fields.skip(2);
    for (let i = 0; i < size; i++) take(fields);
    for (let i = 0; i < children; i++) {
      const child = fields.address();
      const inChild = fields.uint(levels[1].counts);
      fields.skip(counts - levels[1].counts);
      if (child === null) throw fields.bad('A tree that leads nowhere');
      await visit(child, inChild, level - 1);
    }
  };
  if (root !== null) await visit(root, count, depth);
  return records;
}

function levelsOf(nodeBytes: number, width: number, depth: number): readonly Level[] {
  const most = Math.floor((nodeBytes - NODE_BYTES) / width);
  const levels: Level[] = [{ counts: 0, all: most }];
  const own = bytesOf(most);
  for (let level = 1; level <= depth; level++) {
    const below = levels[level - 1].all;
    const counts = own + (level > 1 ? bytesOf(below) : 0);
    const pointer = 8 + counts;
    const here = Math.floor((nodeBytes - NODE_BYTES - pointer) / (width + pointer));
    levels.push({ counts, all: (here + 1) * below + here });
  }
  return levels;
}

/** How many bytes the format gives to a number that is at most so large. */
export function bytesOf(largest: number): number {
  return Math.floor(Math.log2(Math.max(1, largest)) / 8) + 1;
}
