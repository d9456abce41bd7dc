import { type Code, i16x8, i32, i32x4, shuffle, v128, zip16 } from '../../emit/code.js';
import { instantiate } from '../../emit/instance.js';
import { type FunctionWriter, type Local, ModuleWriter } from '../../emit/module.js';
import type { ConvertRow } from './colour.js';

/** Vectors are read, and written, so far beyond the last pixel at most. */
const SLACK = 32;
/** A JPEG's longest row. */
const MOST_PIXELS = 65_535;
/** Where the three rows of components and that of pixels begin. */
const ROW_BYTES = Math.ceil((MOST_PIXELS + SLACK) / 64) * 64;
const [LUMA, BLUES, REDS, PIXELS] = [0, ROW_BYTES, 2 * ROW_BYTES, 3 * ROW_BYTES];
const PAGES = Math.ceil((PIXELS + 3 * ROW_BYTES) / 65_536);

let conversion: ConvertRow | null | undefined;

/**
 * YCbCr to RGB with SIMD, to the same bytes as `convertYcc`.
 * @returns Nothing where `instantiate` gives nothing.
 */
export function simdYcc(): ConvertRow | undefined {
  conversion ??= createConversion() ?? null;
  return conversion ?? undefined;
}

function createConversion(): ConvertRow | undefined {
  const writer = new ModuleWriter();
  writer.define('convert', ['i32'], writeConvert);
  const instance = instantiate(writer, PAGES);
  if (instance === undefined) return undefined;
  const { memory, functions } = instance;
  return ([luma, blues, reds], width, out, to) => {
    // A row of blocks is longer than the picture is wide.
    memory.set(luma.subarray(0, width), LUMA);
    memory.set(blues.subarray(0, width), BLUES);
    memory.set(reds.subarray(0, width), REDS);
    functions.convert(width);
    out.set(memory.subarray(PIXELS, PIXELS + 3 * width), to);
  };
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
  const sum = (...terms: readonly Code[]) => terms.reduce((a, b) => i16x8.add(a, b));
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
