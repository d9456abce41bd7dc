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
 * Register blocks that came out fastest. With sixteen registers, older versions of V8 load a whole turn of
 * the loop before they use it, so rows x vectors + rows + vectors must stay within them; widened
 * code needs half of each.
 */
const WIDE_TILE: Tile = { rows: 6, vectors: 4, unroll: 2 };
const NARROW_TILE: Tile = { rows: 4, vectors: 2, unroll: 1 };

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
  const all: Variant[] = [
    { name: 'fma+256', target: { fma: true, tile: WIDE_TILE }, wide: true, allowFlags },
    { name: 'fma', target: { fma: true, tile: NARROW_TILE }, wide: false, allowFlags },
    { name: 'simd', target: { fma: false, tile: NARROW_TILE }, wide: false, allowFlags },
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
