import { type Code, i16x8, i32, i32x4, shuffle, v128, zip16 } from '../../emit/code.js';
import { instantiate } from '../../emit/instance.js';
import { type FunctionWriter, type Local, ModuleWriter } from '../../emit/module.js';
import type { ConvertRow } from './colour.js';
import type { DoubleRow } from './upsample.js';

/** Vectors are read, and written, so far beyond the last pixel at most. */
const SLACK = 32;
/** A JPEG's longest row. */
const MAX_PIXELS = 65_535;
/** Where the three rows of components and that of pixels begin; doubled samples come in place of pixels. */
const ROW_BYTES = Math.ceil((MAX_PIXELS + SLACK) / 64) * 64;
const [LUMA, BLUES, REDS, PIXELS] = [0, ROW_BYTES, 2 * ROW_BYTES, 3 * ROW_BYTES];
const PAGES = Math.ceil((PIXELS + 3 * ROW_BYTES) / 65_536);

/** Rows that are doubled have room for a sample more at both ends. */
const [NEAR, FAR] = [LUMA + 16, BLUES + 16];

/** What most JPEGs need for each of their rows. */
export interface SimdRows {
  /** To the same bytes as `convertYcc`. */
  readonly convertYcc: ConvertRow;
  /** To the same bytes as `doubleBothWays`. */
  readonly doubleBothWays: DoubleRow;
}

let rows: SimdRows | null | undefined;

/** @returns Nothing where `instantiate` gives nothing. */
export function simdRows(): SimdRows | undefined {
  rows ??= createRows() ?? null;
  return rows ?? undefined;
}

function createRows(): SimdRows | undefined {
  const writer = new ModuleWriter();
  writer.define('convert', ['i32'], writeConvert);
  writer.define('double', ['i32'], writeDouble);
  const instance = instantiate(writer, PAGES);
  if (instance === undefined) return undefined;
  const { memory, functions } = instance;
  /** Samples from `from` on, the first and the last of them twice. */
  const place = (samples: Uint8Array, from: number, width: number, to: number) => {
    memory.set(samples.subarray(from, from + width), to);
    memory[to - 1] = samples[from];
    memory[to + width] = samples[from + width - 1];
  };
  return {
    convertYcc([luma, blues, reds], width, out, to) {
      // A row of blocks is longer than the picture is wide.
      memory.set(luma.subarray(0, width), LUMA);
      memory.set(blues.subarray(0, width), BLUES);
      memory.set(reds.subarray(0, width), REDS);
      functions.convert(width);
      out.set(memory.subarray(PIXELS, PIXELS + 3 * width), to);
    },
    doubleBothWays(samples, near, far, width, out) {
      place(samples, near, width, NEAR);
      place(samples, far, width, FAR);
      functions.double(width);
      out.set(memory.subarray(PIXELS, PIXELS + 2 * width));
      return out;
    },
  };
}

function sum(...terms: readonly Code[]): Code {
  return terms.reduce((a, b) => i16x8.add(a, b));
}

/**
 * `(width)`: one row, eight pixels at a time. The factors are those of `convertYcc` less a multiple of 2¹⁶, which is added as
 * whole numbers: what is left fits into 16 bits, so that one instruction makes both products and their sum.
 */
function writeConvert(f: FunctionWriter, width: Local): void {
  const [x, to] = f.locals('i32', 2);
  const [y, cb, cr, low, high, red, green, blue] = f.locals('v128', 8);
  const centre = f.constant(i16x8.splat(128));
  const half = f.constant(i32x4.const(1 << 15));
  const chroma = (row: number) => i16x8.sub(v128.load8x8Unsigned(x.value, row), centre);
  /** `(byCb · cb + byCr · cr + 2¹⁵) >> 16`. */
  const products = (byCb: number, byCr: number) => {
    const factors = f.constant(i32x4.const((byCb & 0xffff) | (byCr << 16)));
    const [a, b] = [low, high].map((pairs) =>
      i32x4.shiftRight(i32x4.add(i32x4.dotI16x8(pairs.value, factors), half), i32.const(16)),
    );
    return i32x4.narrowSigned(a, b);
  };
  f.emit(to.set(i32.const(PIXELS)));
  f.for(x, i32.const(0), width.value, 8, () => {
    f.emit(
      y.set(v128.load8x8Unsigned(x.value, LUMA)),
      cb.set(chroma(BLUES)),
      cr.set(chroma(REDS)),
      low.set(zip16(cb.value, cr.value, 'lower')),
      high.set(zip16(cb.value, cr.value, 'upper')),
      red.set(sum(y.value, cr.value, products(0, 91881 - 65536))),
      green.set(i16x8.sub(sum(y.value, products(-22554, 65536 - 46802)), cr.value)),
      blue.set(sum(y.value, cb.value, cb.value, products(116130 - 131072, 0))),
      // Bytes 0 to 7 are red, then green; 16 to 23 blue.
      red.set(i16x8.narrowUnsigned(red.value, green.value)),
      blue.set(i16x8.narrowUnsigned(blue.value, blue.value)),
      v128.store(to.value, shuffle(red.value, blue.value, pixels(0))),
      v128.store64(i32.add(to.value, i32.const(16)), shuffle(red.value, blue.value, pixels(16))),
      to.set(i32.add(to.value, i32.const(24))),
    );
  });
}

/** Which byte of red and green, and blue, comes at each place of the pixels; what lies beyond them is of no account. */
function pixels(start: number): number[] {
  return Array.from({ length: 16 }, (_, i) => {
    const at = Math.min(start + i, 23);
    return 8 * (at % 3) + Math.floor(at / 3);
  });
}

/** `(width)`: two rows of samples to one twice as wide, eight samples at a time; sums fit into 16 bits. */
function writeDouble(f: FunctionWriter, width: Local): void {
  const x = f.local('i32');
  const [middle, even, odd] = f.locals('v128', 3);
  /** Three of the nearer row and one of the farther. */
  const down = (offset: number) => {
    const [near, far] = [NEAR, FAR].map((row) => v128.load8x8Unsigned(x.value, row + offset));
    return sum(near, near, near, far);
  };
  const m = middle.value;
  const across = (neighbour: Code, rounding: number) => {
    const sixteenths = sum(m, m, m, neighbour, f.constant(i16x8.splat(rounding)));
    return i16x8.shiftRightUnsigned(sixteenths, i32.const(4));
  };
  f.for(x, i32.const(0), width.value, 8, () => {
    f.emit(
      middle.set(down(0)),
      even.set(across(down(-1), 8)),
      odd.set(across(down(1), 7)),
      v128.store(
        i32.add(x.value, x.value),
        i16x8.narrowUnsigned(
          zip16(even.value, odd.value, 'lower'),
          zip16(even.value, odd.value, 'upper'),
        ),
        PIXELS,
      ),
    );
  });
}
