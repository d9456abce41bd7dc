import { CycleganError } from '../../errors.js';
import { describeValue } from '../../tensor/describeValue.js';

/**
 * Whose mean and variance the norms of a network go by that have none of their own: those of the whole picture (`exact`), of a thumbnail
 * of it, or of tiles, between whose middles they are interpolated (`dense`). With a number, the thumbnail's longer side,
 * or a tile's, in pixels.
 */
export type NormOption =
  | 'exact'
  | 'thumbnail'
  | 'dense'
  | `thumbnail:${number}`
  | `dense:${number}`;

/** An approximation, complete. */
export interface NormMode {
  readonly kind: 'thumbnail' | 'dense';
  /** The longer side of the thumbnail, or the side of a tile, in pixels of what comes to the network. */
  readonly side: number;
}

/** As the papers' own programs have them. */
const DEFAULT_SIDES = { thumbnail: 1024, dense: 512 } as const;
/** Smaller ones say little of a picture, and tiles have a margin around them that is computed, too. */
const MIN_SIDE = 64;
const MAX_SIDE = 65_535;

/** JSON Schema of what is taken. */
export const NORM_SCHEMA = {
  type: 'string',
  pattern: '^(exact|(thumbnail|dense)(:[0-9]{1,5})?)$',
  default: 'exact',
} as const;

/** What is taken, for messages. */
export const NORM_FORMS = `exact, thumbnail, dense, or one of the latter with a side from ${MIN_SIDE} to ${MAX_SIDE} pixels, such as thumbnail:512`;

/** @returns `null` for `exact`, `undefined` for what is none. */
export function parseNorm(text: unknown): NormMode | null | undefined {
  if (text === 'exact') return null;
  const [, kind, digits] = /^(thumbnail|dense)(?::(\d{1,5}))?$/.exec(String(text)) ?? [];
  if (typeof text !== 'string' || (kind !== 'thumbnail' && kind !== 'dense')) return undefined;
  const side = digits === undefined ? DEFAULT_SIDES[kind] : Number(digits);
  return side >= MIN_SIDE && side <= MAX_SIDE ? { kind, side } : undefined;
}

/**
 * Not every caller has a compiler that checks.
 * @throws CycleganError `ERR_NORM` for what is none.
 */
export function checkNorm(option: unknown): NormMode {
  const mode = parseNorm(option);
  if (mode !== undefined && mode !== null) return mode;
  throw new CycleganError(
    'ERR_NORM',
    `norm takes ${NORM_FORMS}, but got ${describeValue(option)}.`,
  );
}
