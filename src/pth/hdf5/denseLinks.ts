import { COSTS } from '../pickle/costs.js';
import { Fields, unknownHdf5 } from './fields.js';
import type { Hdf5File } from './hdf5File.js';
import { MESSAGE, type Message } from './objectHeader.js';
import { bytesOf, secondTree } from './secondTree.js';

/** A hash of the name, and where the link stands in the heap. */
const RECORD_BYTES = 11;
/** Heaps that are larger have blocks of blocks. */
const MAX_ROWS = 64;
/** Of a heap; libraries make a tenth of it. Each link is looked for in all of them. */
const MAX_BLOCKS = 1024;

/** A stretch of a heap that lies in one piece. */
interface HeapBlock {
  readonly address: number;
  readonly offset: number;
  readonly length: number;
}

/** A fractal heap, whose objects are links. */
interface Heap {
  readonly blocks: readonly HeapBlock[];
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/**
 * The links of a group that has more than fit into its header (`libver='latest'`): a heap of links, and a tree that tells where in it
 * they stand. None where the group has no such heap.
 *
 * @throws PthError when they are damaged, or too many.
 */
export async function denseLinks(file: Hdf5File, { content, place }: Message): Promise<Message[]> {
  const fields = new Fields(content, place);
  fields.skip(1);
  if ((fields.uint8() & 1) !== 0) fields.skip(8);
  const [heapAt, treeAt] = [fields.address(), fields.address()];
  if (heapAt === null || treeAt === null) return [];
  const heap = await readHeap(file, heapAt);
  const links: Message[] = [];
  const tree = { type: 5, width: RECORD_BYTES, what: 'A tree of links' };
  for (const id of await secondTree(file, treeAt, tree)) {
    // A hash stands before the kind of the object.
    id.skip(4);
    if ((id.uint8() & 0x30) !== 0) throw unknownHdf5('A link that is too long for its heap', place);
    const offset = id.uint(heap.offsetBytes);
    const length = id.uint(heap.lengthBytes);
    const block = heap.blocks.find(
      (one) => offset >= one.offset && offset + length <= one.offset + one.length,
    );
    if (block === undefined) throw id.bad(`A link at ${offset} that lies outside its heap`);
    const link = await file.read(block.address + offset - block.offset, length, 'A link');
    file.budget.takeValues(COSTS.call, 'A link');
    links.push({ type: MESSAGE.link, place: link.place, content: link.bytes(length) });
  }
  return links;
}

async function readHeap(file: Hdf5File, address: number): Promise<Heap> {
  const head = await file.read(address, 142, 'A heap of links');
  head.signature('FRHP');
  head.skip(3);
  if (head.uint16() !== 0) throw unknownHdf5('A heap of links that is packed', head.place);
  head.skip(1);
  const largest = head.uint32();
  // Sizes and numbers of objects of several kinds, and of what is free.
  head.skip(96);
  const width = head.uint16();
  const first = head.length();
  const most = head.length();
  const offsetBytes = Math.ceil(head.uint16() / 8);
  head.skip(2);
  const root = head.address();
  const rows = head.uint16();
  const lengthBytes = bytesOf(Math.min(most, largest));
  if (root === null) return { blocks: [], offsetBytes, lengthBytes };
  if (rows === 0) {
    return { blocks: [{ address: root, offset: 0, length: first }], offsetBytes, lengthBytes };
  }
  const blocks = await blocksOf(file, root, { width, first, most, rows, offsetBytes });
  return { blocks, offsetBytes, lengthBytes };
}

/** A row has blocks of one size, that of the first two rows; from there on, each is twice as large. */
async function blocksOf(
  file: Hdf5File,
  address: number,
  shape: {
    readonly width: number;
    readonly first: number;
    readonly most: number;
    readonly rows: number;
    readonly offsetBytes: number;
  },
): Promise<readonly HeapBlock[]> {
  const { width, first, most, rows, offsetBytes } = shape;
  const isFlat =
    rows <= MAX_ROWS && width * rows <= MAX_BLOCKS && first * 2 ** Math.max(0, rows - 2) <= most;
  if (!isFlat) throw unknownHdf5('A group of so many links', file.place(address));
  const head = 13 + offsetBytes;
  const fields = await file.read(address, head + 8 * width * rows, 'A heap of links');
  fields.signature('FHIB');
  fields.skip(head - 4);
  const blocks: HeapBlock[] = [];
  let offset = 0;
  for (let row = 0; row < rows; row++) {
    const length = first * 2 ** Math.max(0, row - 1);
    for (let column = 0; column < width; column++, offset += length) {
      file.step('A heap of links');
      const at = fields.address();
      if (at !== null) blocks.push({ address: at, offset, length });
    }
  }
  return blocks;
}
