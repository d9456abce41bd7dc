import { CycleganError } from '../../errors.js';
import type { CompileOptions } from '../engine.js';
import { applyV8Flags } from './flags.js';
import type { Target, Tile } from './kernels/target.js';
import { probeFeatures } from './probe.js';

/** One way of making machine code. */
export interface Variant {
  readonly name: string;
  readonly target: Target;
  /** Whether V8 is to join pairs of vectors. */
  readonly wide: boolean;
  /** Whether V8's flags may be touched for it. */
  readonly allowFlags: boolean;
}

/**
 * Register blocks that came out fastest, of sixteen registers: rows x vectors sums, one turn's factors, and
 * a value at a time. V8 before 13 loads all of a turn's values before it uses them, so there
 * rows x vectors + rows + vectors must fit; widened code needs half the registers.
 */
const WIDE_TILE: Tile = { rows: 6, vectors: 4, unroll: 2 };
const NARROW_TILE: Tile = { rows: 6, vectors: 2, unroll: 1 };
const NARROW_TILE_BEFORE_13: Tile = { rows: 3, vectors: 3, unroll: 1 };

function narrowTile(): Tile {
  const v8 = Number.parseInt(globalThis.process?.versions?.v8 ?? '', 10);
  return v8 < 13 ? NARROW_TILE_BEFORE_13 : NARROW_TILE;
}

/**
 * The variants that this runtime can run, fastest first.
 * @throws CycleganError `ERR_UNKNOWN_VARIANT` when one is asked for by name that cannot run here.
 */
export function variantsFor({
  allowV8Flags: allowFlags = false,
  revectorize = true,
  variant: wanted,
}: CompileOptions): Variant[] {
  const canWiden = allowFlags && applyV8Flags({ revectorize });
  const fma = probeFeatures().relaxedSimd;
  const tile = narrowTile();
  const all: Variant[] = [
    {
      name: 'fma+256',
      target: { fma: true, joins: true, tile: WIDE_TILE },
      wide: true,
      allowFlags,
    },
    { name: 'fma', target: { fma: true, joins: false, tile }, wide: false, allowFlags },
    { name: 'simd', target: { fma: false, joins: false, tile }, wide: false, allowFlags },
  ];
  const runnable = all.filter(({ target, wide }) => (fma || !target.fma) && (canWiden || !wide));
  if (wanted === undefined) return runnable;
  const named = runnable.filter(({ name }) => name === wanted);
  if (named.length > 0) return named;
  throw new CycleganError(
    'ERR_UNKNOWN_VARIANT',
    `The WebAssembly engine has no variant "${wanted}" here; it has ${runnable.map(({ name }) => name).join(', ')}.`,
  );
}
