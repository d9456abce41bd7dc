/**
 * What a pickle is read into: inert data. A pickle is a program for Python; here its calls are
 * written down and never made.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleTuple
  | PickleList
  | PickleDict
  | PickleGlobal
  | PickleCall
  | PicklePersistent;

export class PickleTuple {
  readonly items: readonly PickleValue[];

  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

export class PickleList {
  readonly items: PickleValue[] = [];
}

/** Entries in order; a later entry of an equal key is the one that counts. */
export class PickleDict {
  readonly entries: [PickleValue, PickleValue][] = [];
}

/** A name of Python's that the pickle refers to. Only names on the reader's list get this far. */
export class PickleGlobal {
  readonly name: string;
  readonly offset: number;

  constructor(name: string, offset: number) {
    this.name = name;
    this.offset = offset;
  }
}

/** `callee(*args)`, not called. `entries` and `state` are what SETITEMS and BUILD put in afterwards. */
export class PickleCall {
  readonly callee: PickleGlobal;
  readonly args: readonly PickleValue[];
  readonly entries: [PickleValue, PickleValue][] = [];
  state: PickleValue = null;

  constructor(callee: PickleGlobal, args: readonly PickleValue[]) {
    this.callee = callee;
    this.args = args;
  }
}

/** A reference to something outside the pickle: in torch's files, a storage. */
export class PicklePersistent {
  readonly id: PickleValue;
  readonly offset: number;

  constructor(id: PickleValue, offset: number) {
    this.id = id;
    this.offset = offset;
  }
}

/**
 * The entries of a dict or an OrderedDict, in order; `null` for anything else. Python 2 pickled the entries
 * of an OrderedDict as a list of pairs, its constructor's argument.
 */
export function dictEntries(value: PickleValue): readonly [PickleValue, PickleValue][] | null {
  if (value instanceof PickleDict) return value.entries;
  if (!isOrderedDict(value)) return null;
  const known = orderedEntries.get(value);
  if (known !== undefined) return known;
  const entries = readOrdered(value);
  orderedEntries.set(value, entries);
  return entries;
}

/** A pickle can hold one OrderedDict a million times: it is read once. */
const orderedEntries = new WeakMap<PickleCall, readonly [PickleValue, PickleValue][] | null>();

function readOrdered(value: PickleCall): readonly [PickleValue, PickleValue][] | null {
  const [pairs] = value.args;
  const given: [PickleValue, PickleValue][] = [];
  for (const pair of sequence(pairs) ?? []) {
    const items = sequence(pair);
    if (items?.length !== 2) return null;
    given.push([items[0], items[1]]);
  }
  return given.length === 0 ? value.entries : [...given, ...value.entries];
}

export function isOrderedDict(value: PickleValue): value is PickleCall {
  return value instanceof PickleCall && value.callee.name === 'collections.OrderedDict';
}

/** The items of a list or tuple; `null` for anything else. */
export function sequence(value: PickleValue | undefined): readonly PickleValue[] | null {
  return value instanceof PickleList || value instanceof PickleTuple ? value.items : null;
}
