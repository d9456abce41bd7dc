import { COSTS } from '../pickle/costs.js';
import { badHdf5, type Fields } from './fields.js';
import type { Hdf5File } from './hdf5File.js';

/** Trees of so many levels have more leaves than a file has bytes. */
const MAX_LEVEL = 12;

/** What a tree leads to, and its key. */
export interface Leaf {
  readonly address: number;
  readonly key: Fields;
}

/**
 * What a B-tree of version 1 leads to, in order.
 * @param kind `type`: 0 of groups, 1 of chunks; `keyBytes` of each key.
 * @throws PthError when it is damaged, or has nodes that lead back to themselves.
 */
export async function treeLeaves(
  file: Hdf5File,
  root: number,
  { type, keyBytes }: { readonly type: number; readonly keyBytes: number },
): Promise<readonly Leaf[]> {
  const leaves: Leaf[] = [];
  const visit = async (address: number, above: number): Promise<void> => {
    const head = await file.read(address, 24, 'A tree');
    head.signature('TREE');
    const [found, level] = [head.uint8(), head.uint8()];
    if (found !== type || level >= above) {
      throw badHdf5(`A node of type ${found} and level ${level}`, file.place(address));
    }
    const count = head.uint16();
    const length = count * (keyBytes + 8);
    const entries = await file.read(address + 24, length, 'A tree');
    for (let i = 0; i < count; i++) {
      const key = entries.part(keyBytes);
      const child = entries.address();
      if (child === null) throw entries.bad('A tree that leads nowhere');
      file.budget.takeValues(2 * COSTS.call, 'A tree');
      if (level === 0) leaves.push({ address: child, key });
      else await visit(child, level);
    }
  };
  await visit(root, MAX_LEVEL);
  return leaves;
}
