import { CycleganError } from '../errors.js';
import type { PlainValue } from '../pth/plainValue.js';
import type { PictureTraits, ValueRange } from './family.js';

/** What a family says of a generator's pictures, but for the range that was saved beside its weights, if one was. */
export function withSavedRange(
  traits: PictureTraits,
  { config }: { readonly config: PlainValue | undefined },
): PictureTraits {
  const inputRange = isDict(config) ? config.inputRange : undefined;
  return isRange(inputRange) ? { ...traits, inputRange } : traits;
}

/** @throws CycleganError `ERR_RANGE` for what is no range: not every caller has a compiler that checks. */
export function checkRange(range: unknown): void {
  if (isRange(range)) return;
  throw new CycleganError(
    'ERR_RANGE',
    `A range is two numbers, the lower one first, such as [-1, 1], but got ${JSON.stringify(range)}.`,
  );
}

function isDict(value: PlainValue | undefined): value is { readonly [key: string]: PlainValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRange(value: unknown): value is ValueRange {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [low, high]: readonly unknown[] = value;
  return (
    typeof low === 'number' && typeof high === 'number' && Number.isFinite(high - low) && low < high
  );
}
