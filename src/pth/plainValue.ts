import type { Budget } from './budget.js';
import { COSTS } from './pickle/costs.js';
import { dictEntries, PickleFloat, type PickleValue, sequence } from './pickle/values.js';

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
const MAX_ITEMS = 256;
const LONGEST_TEXT = 1 << 20;

/** The entries of a dict that are plain data, by name. */
export function plainEntries(root: PickleValue, budget: Budget): Map<string, PlainValue> {
  const plain = new Map<string, PlainValue>();
  for (const [key, item] of dictEntries(root) ?? []) {
    if (typeof key !== 'string') continue;
    const value = new PlainReader(budget).read(item, DEPTH);
    if (value !== undefined) plain.set(key, value);
  }
  return plain;
}

/** What a JSON text says; `undefined` for what is no JSON, or too much of it. */
export function plainFromJson(text: string): PlainValue | undefined {
  // Parsed, a text takes some fifty times its length at worst.
  if (text.length > LONGEST_TEXT) return undefined;
  try {
    return bounded(JSON.parse(text) as PlainValue, DEPTH, { left: MAX_ITEMS });
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

/** Reads one value, which must not be too large. */
class PlainReader {
  readonly #budget: Budget;
  #items = MAX_ITEMS;
  #text = LONGEST_TEXT;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** `undefined` for what is no plain data, or too much of it. */
  read(value: PickleValue, depth: number): PlainValue | undefined {
    this.#budget.takeValues(COSTS.mapEntry, 'Data beside the tensors');
    if (value === null || typeof value === 'boolean' || typeof value === 'number') return value;
    if (value instanceof PickleFloat) return value.value;
    if (typeof value === 'string') return this.#takeText(value) ? value : undefined;
    const list = sequence(value);
    const entries = dictEntries(value);
    // A pickle can hold one list a million times: what is too long is not looked into.
    this.#items -= list?.length ?? entries?.size ?? 0;
    if (depth === 0 || this.#items < 0) return undefined;
    if (list !== null) {
      const plain: PlainValue[] = [];
      for (const item of list) {
        const inner = this.read(item, depth - 1);
        if (inner === undefined) return undefined;
        plain.push(inner);
      }
      return plain;
    }
    return entries === null ? undefined : this.#record(entries, depth);
  }

  #record(entries: ReadonlyMap<PickleValue, PickleValue>, depth: number): PlainValue | undefined {
    // Names such as `__proto__` are names like any other.
    const record: Record<string, PlainValue> = Object.create(null);
    for (const [key, item] of entries) {
      if (typeof key !== 'string' || !this.#takeText(key)) return undefined;
      const inner = this.read(item, depth - 1);
      if (inner === undefined) return undefined;
      record[key] = inner;
    }
    return record;
  }

  /** Texts are kept once, but who prints them does so each time. */
  #takeText(text: string): boolean {
    this.#text -= text.length;
    if (this.#text < 0) return false;
    this.#budget.take(text.length, 'Text beside the tensors');
    return true;
  }
}
