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
  | PickleFloat
  | PickleTuple
  | PickleList
  | PickleDict
  | PickleGlobal
  | PickleCall
  | PickleMember
  | PicklePersistent;

/** A float that is a whole number: Python tells `2.0` from `2`, a JavaScript number does not. Other floats are numbers. */
export class PickleFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export class PickleTuple {
  readonly items: readonly PickleValue[];

  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

export class PickleList {
  items: PickleValue[];

  constructor(items: PickleValue[] = []) {
    this.items = items;
  }
}

/** What a dict's entries are found by: a text or number by its value, anything else by identity. */
export type DictKey = PickleValue;

/** A dict, or one of Python's own classes that are dicts. */
export class PickleDict {
  /** The class: `dict`, or `collections.OrderedDict` and its like. */
  readonly type: string;
  /** Keys and values in turn, as they were put in. */
  readonly items: PickleValue[] = [];
  /** What BUILD put in afterwards, such as the `_metadata` of a state dict. */
  state: PickleValue = null;
  #entries: Map<DictKey, PickleValue> | null = null;

  constructor(type = 'dict') {
    this.type = type;
  }

  /** Each key once, where it came first, with the value that came last, as in Python. */
  get entries(): ReadonlyMap<DictKey, PickleValue> {
    if (this.#entries !== null) return this.#entries;
    const entries = new Map<DictKey, PickleValue>();
    for (let i = 0; i < this.items.length; i += 2) {
      entries.set(dictKey(this.items[i]), this.items[i + 1]);
    }
    this.#entries = entries;
    return entries;
  }
}

/** Python holds `1`, `1.0` and `True` for one key. */
function dictKey(key: PickleValue): DictKey {
  if (typeof key === 'boolean') return Number(key);
  return key instanceof PickleFloat ? key.value : key;
}

/** A name of Python's that the pickle refers to. Names that only an attack needs do not get this far. */
export class PickleGlobal {
  readonly name: string;
  readonly offset: number;

  constructor(name: string, offset: number) {
    this.name = name;
    this.offset = offset;
  }
}

/** `callee(*args)`, not called: an object of whatever class. */
export class PickleCall {
  readonly args: readonly PickleValue[];
  /** Whether it is `callee.__new__(callee, *args)` of a class that the pickle names: then it is of that class. */
  readonly isNew: boolean;
  /** What was put into an object that is a dict of some class; `null` where nothing was. */
  entries: PickleDict | null = null;
  /** What BUILD hands to the object; `null` for nothing. */
  state: PickleValue = null;
  /** Whether anything was put into the object after the call: a state, items or entries. */
  changed = false;
  /** Noted once: calls of what calls gave can be chained without end. */
  readonly #global: PickleGlobal;

  constructor(
    callee: PickleGlobal | PickleCall,
    args: readonly PickleValue[],
    { isNew = false }: { readonly isNew?: boolean } = {},
  ) {
    this.args = args;
    this.isNew = isNew && callee instanceof PickleGlobal;
    this.#global = callee instanceof PickleCall ? callee.#global : callee;
  }

  /** The name that is called; that of its own callee for what a call gave. */
  get name(): string {
    return this.#global.name;
  }

  /** Where in the pickle that name stands. */
  get offset(): number {
    return this.#global.offset;
  }
}

/**
 * `getattr(owner, name)`, not looked up: how Python writes a member of an Enum, or a method. It is kept and passed on like any
 * other value; a pickle that calls it is refused.
 */
export class PickleMember {
  /** The class that it is a member of. */
  readonly owner: string;
  readonly name: string;

  constructor(owner: string, name: string) {
    this.owner = owner;
    this.name = name;
  }

  get fullName(): string {
    return `${this.owner}.${this.name}`;
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

/** The entries of a dict, in order; `null` for anything else. */
export function dictEntries(
  value: PickleValue | undefined,
): ReadonlyMap<DictKey, PickleValue> | null {
  return value instanceof PickleDict ? value.entries : null;
}

/** The same, and those of an object of whatever class that is a dict: settings that can be reached as attributes, say. */
export function itemEntries(
  value: PickleValue | undefined,
): ReadonlyMap<DictKey, PickleValue> | null {
  return dictEntries(value instanceof PickleCall ? (value.entries ?? undefined) : value);
}

/** The items of a list or tuple; `null` for anything else. */
export function sequence(value: PickleValue | undefined): readonly PickleValue[] | null {
  return value instanceof PickleList || value instanceof PickleTuple ? value.items : null;
}
