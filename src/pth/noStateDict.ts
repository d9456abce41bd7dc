import { textOf } from '../platform/text.js';
import type { OpenedContainer } from './container/container.js';
import { isScripted } from './moduleTree.js';
import { isNumpyArray } from './numpyArray.js';
import { className } from './passedOver.js';
import { isModuleClass } from './pickle/globals.js';
import { dictEntries, itemEntries, PickleCall, type PickleValue } from './pickle/values.js';
import { forEachItem, keyName, MAX_DEPTH, walkPlaces } from './pickle/walk.js';
import { PthError } from './pthError.js';

/**
 * What a file holds instead of a state dict, and what to do where that can be told.
 * @param optimisers Dicts of tensors that are an optimiser's, listed; empty where there are none.
 */
export function noStateDict(file: OpenedContainer, optimisers: string): PthError {
  const { root } = file;
  if (isScripted(root)) {
    return new PthError(
      'ERR_PTH_TORCHSCRIPT',
      'This TorchScript program has no weights under names: it has none at all, or they were made constants of its code (torch.jit.freeze, optimize_for_mobile). Save the model that it was made of: torch.save(model.state_dict(), "weights.pth")',
    );
  }
  const model = wholeModel(file);
  if (model !== null) {
    return new PthError(
      'ERR_PTH_WHOLE_MODEL',
      `The file holds a whole pickled model (it refers to ${JSON.stringify(model.slice(0, 200))}) without any tensors in its modules: what else its own Python code would put there, nothing tells. In Python, save its state dict: torch.save(model.state_dict(), "weights.pth")`,
    );
  }
  if (optimisers !== '') {
    return new PthError(
      'ERR_PTH_NOT_STATE_DICT',
      `The file holds no state dict but an optimiser's: ${optimisers}`,
    );
  }
  for (const { value } of walkPlaces(root, MAX_DEPTH, file.budget)) {
    const reason = almostStateDict(file, value);
    if (reason !== null) return new PthError('ERR_PTH_NOT_STATE_DICT', reason);
  }
  const entries = itemEntries(root);
  if (entries !== null) {
    const names = [...entries.keys()].slice(0, 5).map((key) => {
      return JSON.stringify((keyName(key) ?? typeof key).slice(0, 80));
    });
    return new PthError(
      'ERR_PTH_NOT_STATE_DICT',
      `The file holds a dict, but no state dict: its entries are ${names.join(', ')}${entries.size > 5 ? ` and ${entries.size - 5} more` : ''}`,
    );
  }
  const isTensor = file.tensorRef(root, '') !== null;
  if (!isTensor && root instanceof PickleCall) {
    return new PthError(
      'ERR_PTH_NOT_STATE_DICT',
      `The file holds an object of the class ${JSON.stringify(className(root).slice(0, 200))}, which is passed over, and no state dict: a dict of tensors by name. In Python: torch.save(model.state_dict(), "weights.pth")`,
    );
  }
  return new PthError(
    'ERR_PTH_NOT_STATE_DICT',
    `The file does not hold a state dict, which is a dict of tensors by name${isTensor ? ', but one tensor alone' : ''}`,
  );
}

/** What keeps a dict from being a state dict, and what makes it one. */
function almostStateDict(file: OpenedContainer, value: PickleValue): string | null {
  for (const [key, item] of itemEntries(value) ?? []) {
    const name = JSON.stringify((keyName(key) ?? bytesText(key) ?? '').slice(0, 80));
    if (isNumpyArray(item)) {
      return `The file holds NumPy arrays (${name}), but no tensors. In Python: torch.save({k: torch.from_numpy(v) for k, v in arrays.items()}, "weights.pth")`;
    }
    if (typeof key === 'string' || file.tensorRef(item, name) === null) continue;
    return bytesText(key) === null
      ? `The file holds tensors, but not by name: the key of one is ${keyName(key) === null ? 'no text' : 'a number'}. In Python, save model.state_dict()`
      : `The file holds tensors whose names are bytes (${name}) and not text. In Python: torch.save({k.decode(): v for k, v in weights.items()}, "weights.pth")`;
  }
  return null;
}

/** Bytes as text; protocol 2 has them as `_codecs.encode(text, 'latin1')`. `null` for anything else. */
function bytesText(key: PickleValue): string | null {
  if (key instanceof Uint8Array) return textOf(key);
  if (!(key instanceof PickleCall) || key.name !== '_codecs.encode') return null;
  const [text] = key.args;
  return typeof text === 'string' ? text : null;
}

/** The class of a network that is the whole file, or stands in the dict that is. */
function wholeModel({ root, budget }: OpenedContainer): string | null {
  let found: string | null = null;
  const look = (item: PickleValue) => {
    if (found !== null || !(item instanceof PickleCall)) return;
    if (isModuleClass(item.name) || dictEntries(item.state)?.has('_modules')) found = item.name;
  };
  look(root);
  forEachItem(root, budget, (_, item) => look(item));
  return found;
}
