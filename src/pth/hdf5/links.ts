import { COSTS } from '../pickle/costs.js';
import { textOfName } from './attributes.js';
import { denseLinks } from './denseLinks.js';
import { badHdf5, Fields } from './fields.js';
import type { Hdf5File } from './hdf5File.js';
import { MESSAGE, type Message } from './objectHeader.js';
import { treeLeaves } from './tree.js';

/** An object under a name in a group. */
export interface Link {
  readonly name: string;
  readonly address: number;
}

/** What an entry of a group is that has its target's name in place of its address. */
const SYMBOLIC = 2;
/** Of a link: which fields it has. */
const LINK = { sizeBits: 3, ordered: 4, typed: 8, encoded: 0x10 } as const;

/**
 * What a group has, in its order; `null` for what is no group. Links to names and to other files are passed over.
 * @throws PthError when it is damaged.
 */
export async function readLinks(
  file: Hdf5File,
  messages: readonly Message[],
): Promise<readonly Link[] | null> {
  const table = messages.find(({ type }) => type === MESSAGE.symbolTable);
  if (table !== undefined) return symbolTable(file, table);
  const info = messages.find(({ type }) => type === MESSAGE.linkInfo);
  if (info === undefined) return null;
  const found = messages.filter(({ type }) => type === MESSAGE.link);
  const links = [...found, ...(await denseLinks(file, info))];
  return links.flatMap((link) => linkOf(file, link) ?? []);
}

/** Of groups as HDF5 1.6 had them: a B-tree of tables, and a heap of names. */
async function symbolTable(file: Hdf5File, { content, place }: Message): Promise<readonly Link[]> {
  const fields = new Fields(content, place);
  const [tree, heap] = [fields.address(), fields.address()];
  if (tree === null || heap === null) throw badHdf5('A group without a table of names', place);
  const names = await localHeap(file, heap);
  const links: Link[] = [];
  for (const { address } of await treeLeaves(file, tree, { type: 0, keyBytes: 8 })) {
    const head = await file.read(address, 8, 'A table of names');
    head.signature('SNOD');
    head.skip(2);
    const count = head.uint16();
    const entries = await file.read(address + 8, count * 40, 'A table of names');
    for (let i = 0; i < count; i++) {
      const name = entries.length();
      const target = entries.address();
      const kind = entries.uint32();
      entries.skip(20);
      file.budget.takeValues(COSTS.call, 'A link');
      if (name >= names.length) throw entries.bad(`A name at ${name} of ${names.length} bytes`);
      if (target === null || kind === SYMBOLIC) continue;
      links.push({ name: textOfName(file, names.subarray(name)), address: target });
    }
  }
  return links;
}

async function localHeap(file: Hdf5File, address: number): Promise<Uint8Array> {
  const head = await file.read(address, 32, 'A heap of names');
  head.signature('HEAP');
  head.skip(4);
  const length = head.length();
  head.skip(8);
  const data = head.address();
  if (data === null) throw badHdf5('A heap of names that is nowhere', file.place(address));
  return (await file.read(data, length, 'A heap of names')).bytes(length);
}

/** `null` for a link to a name, or to another file. */
function linkOf(file: Hdf5File, { content, place }: Message): Link | null {
  const fields = new Fields(content, place);
  fields.skip(1);
  const flags = fields.uint8();
  const kind = (flags & LINK.typed) === 0 ? 0 : fields.uint8();
  if ((flags & LINK.ordered) !== 0) fields.skip(8);
  if ((flags & LINK.encoded) !== 0) fields.skip(1);
  const name = textOfName(file, fields.bytes(fields.uint(2 ** (flags & LINK.sizeBits))));
  if (kind !== 0) return null;
  const address = fields.address();
  file.budget.takeValues(COSTS.call, 'A link');
  if (address === null) throw badHdf5('A link that leads nowhere', place);
  return { name, address };
}
