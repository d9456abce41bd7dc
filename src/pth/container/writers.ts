import type { Budget } from '../budget.js';
import { PickleCall, type PickleValue } from '../pickle/values.js';
import { forEachItem, walkPlaces } from '../pickle/walk.js';

const REBUILD = 'torch._utils._rebuild_tensor';

/** Which torch wrote a legacy stream, by how it describes a tensor: the version is not in the file. */
export function legacyWriter(root: PickleValue, budget: Budget): string {
  const call = firstTensor(root, budget);
  if (call === null) return 'torch 0.1.10 to 1.5';
  if (call.name === REBUILD) return 'torch 0.1.10 to 0.3';
  // Hooks were `None` in 0.4.0 and are an empty OrderedDict since.
  return call.args[5] === null ? 'torch 0.4.0' : 'torch 0.4.1 to 1.5';
}

/** Which torch wrote a zip archive, by its entries (without the root folder). */
export function zipWriter(entries: ReadonlySet<string>): string {
  if (entries.has('.format_version') || entries.has('.storage_alignment')) {
    return 'torch 2.6 or later';
  }
  if (entries.has('byteorder') || entries.has('.data/serialization_id')) {
    return 'torch 2.1 or later';
  }
  return 'torch 1.6 to 2.0';
}

/** The first call that rebuilds a tensor, in dicts within dicts. */
function firstTensor(root: PickleValue, budget: Budget): PickleCall | null {
  for (const { value } of walkPlaces(root, 2, budget)) {
    let found: PickleCall | null = null;
    forEachItem(value, budget, (_, item) => {
      if (item instanceof PickleCall && item.name.startsWith(REBUILD)) found ??= item;
    });
    if (found !== null) return found;
  }
  return null;
}
