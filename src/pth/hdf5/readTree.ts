import type { ByteSource } from '../../platform/byteSource.js';
import type { Budget } from '../budget.js';
import { COSTS } from '../pickle/costs.js';
import { readAttribute, type TextAttribute } from './attributes.js';
import { type Hdf5Dataset, readDataset } from './dataset.js';
import { badHdf5 } from './fields.js';
import { Hdf5File } from './hdf5File.js';
import { readLinks } from './links.js';
import { MESSAGE, readMessages } from './objectHeader.js';

/** Groups nest no deeper in files of networks. */
const MAX_DEPTH = 64;

/** A group: what it says of itself, and what is in it. */
export interface Hdf5Group {
  readonly attributes: ReadonlyMap<string, TextAttribute>;
  readonly groups: ReadonlyMap<string, Hdf5Group>;
  readonly datasets: ReadonlyMap<string, Hdf5Dataset>;
}

/**
 * All groups of an HDF5 file, with the shapes and types of the arrays in them, and none of their numbers. An object that stands under
 * several names is taken under the first; links to names and to other files are passed over.
 *
 * @throws PthError when the file is damaged, or is of a kind that is not known.
 */
export async function readHdf5(source: ByteSource, budget: Budget): Promise<Hdf5Group> {
  const file = await Hdf5File.open(source, budget);
  const seen = new Set<number>([file.root]);
  const root = await readObject(file, file.root, seen, 0);
  if (root === null || !('groups' in root)) {
    throw badHdf5('The root of the file is no group', file.place(file.root));
  }
  return root;
}

async function readObject(
  file: Hdf5File,
  address: number,
  seen: Set<number>,
  depth: number,
): Promise<Hdf5Group | Hdf5Dataset | null> {
  const place = file.place(address);
  if (depth > MAX_DEPTH) throw badHdf5(`Groups nest more than ${MAX_DEPTH} deep`, place);
  file.budget.takeValues(4 * COSTS.dict, 'An object');
  const messages = await readMessages(file, address);
  const links = await readLinks(file, messages);
  if (links === null) return readDataset(file, messages, place);
  const attributes = new Map<string, TextAttribute>();
  for (const message of messages) {
    const attribute = message.type === MESSAGE.attribute ? readAttribute(file, message) : null;
    if (attribute !== null) attributes.set(attribute.name, attribute);
  }
  const groups = new Map<string, Hdf5Group>();
  const datasets = new Map<string, Hdf5Dataset>();
  for (const { name, address: at } of links) {
    if (seen.has(at)) continue;
    seen.add(at);
    const object = await readObject(file, at, seen, depth + 1);
    if (object === null) continue;
    if ('groups' in object) groups.set(name, object);
    else datasets.set(name, object);
  }
  return { attributes, groups, datasets };
}
