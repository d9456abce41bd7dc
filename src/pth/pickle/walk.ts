import type { Budget } from '../budget.js';
import { COSTS } from './costs.js';
import {
  type DictKey,
  itemEntries,
  PickleCall,
  PickleDict,
  PickleList,
  PickleTuple,
  type PickleValue,
  sequence,
} from './values.js';

/** Checkpoints nest no deeper. */
export const MAX_DEPTH = 4;

/** A dict or list within another, by the names that lead to it. */
export interface Place {
  readonly path: readonly string[];
  readonly value: PickleDict | PickleCall | PickleList | PickleTuple;
}

/**
 * A value and the dicts, lists and tuples within it, outermost first, down to `depth`. Each is visited once: a pickle can
 * hold itself, or one dict a million times.
 */
export function* walkPlaces(root: PickleValue, depth: number, budget: Budget): Generator<Place> {
  if (!isPlace(root)) return;
  const seen = new Set<PickleValue>([root]);
  let level: Place[] = [{ path: [], value: root }];
  for (let d = 0; d <= depth; d++) {
    const next: Place[] = [];
    for (const place of level) {
      yield place;
      forEachItem(place.value, budget, (key, value) => {
        if (!isPlace(value) || seen.has(value)) return;
        const name = keyName(key);
        if (name === null) return;
        budget.takeValues(COSTS.list + COSTS.mapEntry, 'A dict within others');
        seen.add(value);
        const path = [...place.path, name];
        // Who compares paths joins them.
        budget.take(
          path.reduce((sum, { length }) => sum + length, 0),
          'The names of dicts',
        );
        next.push({ path, value });
      });
    }
    level = next;
  }
}

/** What is in a dict, list or tuple, each under its key, or its number from 0 up. */
export function forEachItem(
  value: PickleValue,
  budget: Budget,
  visit: (key: DictKey, item: PickleValue) => void,
): void {
  const entries = itemEntries(value);
  const items = sequence(value);
  budget.take(COSTS.step * (entries?.size ?? items?.length ?? 0), 'A dict or list');
  if (entries !== null) {
    for (const [key, item] of entries) visit(key, item);
  }
  items?.forEach((item, index) => {
    visit(index, item);
  });
}

/** What a key is called; `null` for one without a name. */
export function keyName(key: DictKey): string | null {
  if (typeof key === 'string') return key;
  return typeof key === 'number' || typeof key === 'bigint' ? String(key) : null;
}

function isPlace(value: PickleValue): value is Place['value'] {
  if (value instanceof PickleCall) return value.entries !== null;
  return value instanceof PickleDict || value instanceof PickleList || value instanceof PickleTuple;
}
