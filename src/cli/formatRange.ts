import type { ValueRange } from '../generator/family.js';

/** `-1..1`, as `--input-range` takes it. */
export function formatRange([low, high]: ValueRange): string {
  return `${low}..${high}`;
}
