import { dictEntries, type PickleValue } from './values.js';

/** A dict within a dict, by the names that lead to it. */
export interface Place {
  readonly path: readonly string[];
  readonly value: PickleValue;
}

/**
 * A value and the dicts within it, outermost first, down to `depth`. Each is visited once: a pickle can
 * hold itself, or one dict a million times.
 */
export function* walkDicts(root: PickleValue, depth: number): Generator<Place> {
  const seen = new Set<PickleValue>([root]);
  let level: Place[] = [{ path: [], value: root }];
  for (let d = 0; d <= depth; d++) {
    const next: Place[] = [];
    for (const place of level) {
      yield place;
      for (const [key, value] of dictEntries(place.value) ?? []) {
        if (typeof key !== 'string' || seen.has(value) || dictEntries(value) === null) continue;
        seen.add(value);
        next.push({ path: [...place.path, key], value });
      }
    }
    level = next;
  }
}
