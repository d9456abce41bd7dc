import { dictEntries, type PickleValue, sequence } from './pickle/values.js';

/** Data without tensors: what JSON can hold. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** A configuration or a note is smaller and flatter; longer lists are logs or optimisers. */
const DEPTH = 4;
const MOST_ITEMS = 256;

/** The entries of a dict that are plain data, by name. */
export function plainEntries(root: PickleValue): Map<string, PlainValue> {
  const plain = new Map<string, PlainValue>();
  for (const [key, item] of dictEntries(root) ?? []) {
    const value = plainValue(item, DEPTH, { left: MOST_ITEMS });
    if (typeof key === 'string' && value !== undefined) plain.set(key, value);
  }
  return plain;
}

/** What a JSON text says; `undefined` for what is no JSON, or too much of it. */
export function plainFromJson(text: string): PlainValue | undefined {
  try {
    return bounded(JSON.parse(text) as PlainValue, DEPTH, { left: MOST_ITEMS });
  } catch {
    return undefined;
  }
}

function bounded(
  value: PlainValue,
  depth: number,
  items: { left: number },
): PlainValue | undefined {
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  items.left -= entries.length;
  if (depth === 0 || items.left < 0) return undefined;
  // Names such as `__proto__` are names like any other.
  const record: Record<string, PlainValue> = Object.create(null);
  for (const [key, item] of entries) {
    const inner = bounded(item, depth - 1, items);
    if (inner === undefined) return undefined;
    record[key] = inner;
  }
  return Array.isArray(value) ? Object.values(record) : record;
}

/** `undefined` for what is no plain data, or too much of it. */
function plainValue(
  value: PickleValue,
  depth: number,
  items: { left: number },
): PlainValue | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return value;
  const list = sequence(value);
  const entries = dictEntries(value);
  // A pickle can hold one list a million times: what is too long is not looked into.
  items.left -= (list ?? entries)?.length ?? 0;
  if (depth === 0 || items.left < 0) return undefined;
  if (list !== null) {
    const plain = list.map((item) => plainValue(item, depth - 1, items));
    return isComplete(plain) ? plain : undefined;
  }
  if (entries === null) return undefined;
  // Names such as `__proto__` are names like any other.
  const record: Record<string, PlainValue> = Object.create(null);
  for (const [key, item] of entries) {
    const inner = plainValue(item, depth - 1, items);
    if (typeof key !== 'string' || inner === undefined) return undefined;
    record[key] = inner;
  }
  return record;
}

function isComplete(list: readonly (PlainValue | undefined)[]): list is readonly PlainValue[] {
  return list.every((item) => item !== undefined);
}
