import { CycleganError } from '../../errors.js';
import type { CompileOptions } from '../engine.js';
import { applyV8Flags } from './flags.js';
import type { Target, Tile } from './kernels/target.js';
import { probeFeatures } from './probe.js';

/** One way of making machine code. */
export interface Variant {
  readonly name: string;
  readonly target: Target;
  /** Tiles to choose from (`tuning.ts`); `target` has the first. */
  readonly tiles: readonly Tile[];
  /** Whether V8 is to join pairs of vectors. */
  readonly wide: boolean;
  /** Whether V8's flags may be touched for it. */
  readonly allowFlags: boolean;
}

const tile = (rows: number, vectors: number, unroll = 1): Tile => ({
  rows,
  vectors,
  unroll,
  isScheduled: false,
});
const isScheduled = (rows: number, vectors: number, unroll: number): Tile => ({
  ...tile(rows, vectors, unroll),
  isScheduled: true,
});

/**
 * Register blocks that are worth timing: rows x vectors sums, one turn's factors, and a value at a time, of sixteen
 * registers on x64; widened code needs half of them, and ARM has 32. Without fences, V8 before 13 needs a register for each
 * row's value.
 */
const WIDE_TILES = [tile(6, 4, 8), tile(6, 4, 4)];
const NARROW_TILES = [isScheduled(5, 2, 16), tile(6, 2, 8), tile(4, 2)];
const ARM_TILES = [tile(6, 4), tile(4, 4), tile(8, 2), ...NARROW_TILES];

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
  const narrow = globalThis.process?.arch === 'arm64' ? ARM_TILES : NARROW_TILES;
  const variant = (name: string, fma: boolean, wide: boolean, tiles: readonly Tile[]): Variant => ({
    name,
    target: { fma, joins: wide, tile: tiles[0] },
    tiles,
    wide,
    allowFlags,
  });
  const all: Variant[] = [
    variant('fma+256', true, true, WIDE_TILES),
    variant('fma', true, false, narrow),
    variant('simd', false, false, narrow),
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
