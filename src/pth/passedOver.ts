import type { OpenedContainer } from './container/container.js';
import { COSTS } from './pickle/costs.js';
import {
  type PickleCall,
  PickleDict,
  PickleFloat,
  PickleGlobal,
  PickleList,
  PickleMember,
  PicklePersistent,
  PickleTuple,
  type PickleValue,
} from './pickle/values.js';
import { forEachItem, keyName } from './pickle/walk.js';
import type { FoundStateDict } from './stateDict.js';

/** Something in a file that is not read: `args` of the class `argparse.Namespace`. */
export interface PassedOver {
  readonly name: string;
  /** Its class, by Python's name; `tensor` for one that is not in the state dict. */
  readonly type: string;
}

/** Longer names are cut: they are for people. */
const LONGEST_NAME = 100;

/**
 * What stands beside a state dict, and in it without being a tensor.
 * @param plain Names of what is read as plain data instead.
 */
export function passedOver(
  file: OpenedContainer,
  { path, value, from = [] }: FoundStateDict,
  plain: ReadonlySet<string>,
): PassedOver[] {
  const found: PassedOver[] = [];
  const add = (name: string, item: PickleValue) => {
    file.budget.takeValues(COSTS.call, 'The list of what is passed over');
    found.push({ name: cut(name), type: cut(typeOf(file, item)) });
  };
  if (path.length > 0 && value !== file.root) {
    forEachItem(file.root, file.budget, (key, item) => {
      const name = keyName(key) ?? typeOf(file, key);
      if (name !== path[0] && !plain.has(name)) add(name, item);
    });
  }
  const isPlain = (name: string) => value === file.root && plain.has(name);
  forEachItem(value, file.budget, (key, item) => {
    const name = keyName(key) ?? typeOf(file, key);
    const isTensor = typeof key === 'string' && file.tensorRef(item, name) !== null;
    if (!isPlain(name) && !isTensor && !from.includes(name)) add(name, item);
  });
  return found;
}

function typeOf(file: OpenedContainer, value: PickleValue): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'bigint' || Number.isInteger(value)) return 'int';
  if (typeof value === 'number' || value instanceof PickleFloat) return 'float';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof PickleList) return 'list';
  if (value instanceof PickleTuple) return 'tuple';
  if (value instanceof PickleDict) return value.type;
  if (value instanceof PicklePersistent) return 'tensor';
  if (value instanceof PickleGlobal) return value.name;
  if (value instanceof PickleMember) return value.fullName;
  return file.tensorRef(value, '') === null ? className(value) : 'tensor';
}

/** Functions that make an object of the class that is their first argument. */
const MAKERS =
  /^(copy_?reg\.(_reconstructor|__newobj__)|numpy\.(core|_core)\.multiarray\._reconstruct)$/;

/** The class of what a call gives, by Python's name. */
export function className({ name, args }: PickleCall): string {
  const [first] = args;
  if (name === '_codecs.encode') return 'bytes';
  if (/^numpy\.(core|_core)\.numeric\._frombuffer$/.test(name)) return 'numpy.ndarray';
  const shown = MAKERS.test(name) && first instanceof PickleGlobal ? first.name : name;
  return shown.replace(/^(builtins|__builtin__)\./, '');
}

function cut(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
}
