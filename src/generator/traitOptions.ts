import { CycleganError } from '../errors.js';
import type { PlainValue } from '../pth/plainValue.js';
import type {
  PaddingKind,
  PictureTraits,
  SavedOptions,
  TraitOptions,
  ValueRange,
} from './family.js';

export const STATISTICS: readonly PictureTraits['statistics'][] = ['own', 'running'];
export const PADDINGS: readonly PaddingKind[] = ['reflect', 'replicate', 'zero'];
const ORDERS: readonly PictureTraits['channelOrder'][] = ['rgb', 'bgr'];

/** What is taken of each option. */
const TAKEN: {
  readonly [K in keyof TraitOptions]-?: readonly NonNullable<TraitOptions[K]>[] | null;
} = {
  inputRange: null,
  channelOrder: ORDERS,
  statistics: STATISTICS,
  padding: PADDINGS,
  residual: [true, false, 'tanh'],
};

const NAMES = Object.keys(TAKEN) as (keyof TraitOptions)[];

/**
 * Those of a caller, without what is `undefined`: not every caller has a compiler that checks.
 * @throws CycleganError `ERR_RANGE` for a range that is none, `ERR_TRAIT` for another value that is not taken.
 */
export function checkTraitOptions(options: TraitOptions): TraitOptions {
  for (const name of NAMES) {
    const value = options[name];
    if (value === undefined || isTaken(name, value)) continue;
    const taken: readonly (string | boolean)[] | null = name === 'inputRange' ? null : TAKEN[name];
    if (taken === null) throw noRange(value);
    throw new CycleganError(
      'ERR_TRAIT',
      `${name} is ${listed(taken)}, but got ${JSON.stringify(value)}.`,
    );
  }
  return picked(options, () => true);
}

/** @throws CycleganError `ERR_RANGE` for a range that is none. */
export function checkRange(value: unknown): asserts value is ValueRange {
  if (!isRange(value)) throw noRange(value);
}

function noRange(value: unknown): CycleganError {
  return new CycleganError(
    'ERR_RANGE',
    `A range is two numbers, the lower one first, such as [-1, 1], but got ${JSON.stringify(value)}.`,
  );
}

/** What was saved beside a generator's weights; whatever else stands there is passed over. */
export function savedTraitOptions({
  config,
}: {
  readonly config: PlainValue | undefined;
}): SavedOptions {
  if (!isDict(config)) return {};
  const { norm, epsilon } = config;
  return {
    ...picked(config, isTaken),
    ...(typeof norm === 'string' ? { norm } : {}),
    ...(typeof epsilon === 'number' && epsilon > 0 && epsilon < 1 ? { epsilon } : {}),
  };
}

/** Of what may be anything, the options that are there. */
function picked(
  from: { readonly [key: string]: unknown },
  fits: (name: keyof TraitOptions, value: unknown) => boolean,
): TraitOptions {
  const entries = NAMES.filter((name) => Object.hasOwn(from, name)).map(
    (name) => [name, from[name]] as const,
  );
  return Object.fromEntries(
    entries.filter(([name, value]) => value !== undefined && fits(name, value)),
  );
}

function isTaken(name: keyof TraitOptions, value: unknown): boolean {
  const taken: readonly unknown[] | null = TAKEN[name];
  return taken === null ? isRange(value) : taken.includes(value);
}

function listed(values: readonly (string | boolean)[]): string {
  return values.map((value) => JSON.stringify(value)).join(' or ');
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
