import { isOrderedDict } from './pickle/unpickle.js';
import { PickleDict, type PickleValue } from './pickle/values.js';
import { PthError } from './pthError.js';
import { type TensorRef, tensorRef } from './tensors.js';

/** Names under which training scripts keep the generator's state dict. */
const USUAL_NAMES: readonly string[] = [
  'state_dict',
  'model_state_dict',
  'model',
  'netG',
  'G',
  'generator',
  'params',
  'params_ema',
];

/**
 * Finds the state dict in what the pickle held: the whole, or one entry of a checkpoint.
 *
 * @returns Its tensors by key, in the file's order.
 * @throws PthError when there is none, or more than one that could be meant.
 */
export function findStateDict(root: PickleValue): Map<string, TensorRef> {
  const whole = readStateDict(root);
  if (whole !== null) return whole;
  const entries = dictEntries(root);
  if (entries === null) {
    throw new PthError(
      'ERR_PTH_NOT_STATE_DICT',
      'The file does not hold a state dict, which is a dict of tensors by name',
    );
  }
  const nested = new Map<string, Map<string, TensorRef>>();
  for (const [key, value] of entries) {
    const inner = typeof key === 'string' ? readStateDict(value) : null;
    if (inner !== null && inner.size > 0) nested.set(String(key), inner);
  }
  const usual = USUAL_NAMES.filter((name) => nested.has(name));
  const names = usual.length > 0 ? usual : [...nested.keys()];
  if (names.length === 1) return nested.get(names[0]) as Map<string, TensorRef>;
  if (names.length > 1) {
    throw new PthError(
      'ERR_PTH_AMBIGUOUS',
      `The file holds several state dicts: ${names.join(', ')}. Save the one you need in a file of its own`,
    );
  }
  throw new PthError(
    'ERR_PTH_NOT_STATE_DICT',
    `The file holds a dict, but no state dict: its entries are ${entries
      .slice(0, 5)
      .map(([key]) => (typeof key === 'string' ? JSON.stringify(key.slice(0, 80)) : typeof key))
      .join(', ')}`,
  );
}

/** The tensors of a dict whose values are all tensors; `null` for anything else. */
function readStateDict(value: PickleValue): Map<string, TensorRef> | null {
  const entries = dictEntries(value);
  if (entries === null) return null;
  const tensors = new Map<string, TensorRef>();
  for (const [key, item] of entries) {
    if (typeof key !== 'string') return null;
    const ref = tensorRef(item, key);
    if (ref === null) return null;
    tensors.set(key, ref);
  }
  return tensors;
}

function dictEntries(value: PickleValue): readonly [PickleValue, PickleValue][] | null {
  return value instanceof PickleDict || isOrderedDict(value) ? value.entries : null;
}
