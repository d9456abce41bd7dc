import { type Code, i16x8, i32, i32x4, swizzle, v128, zip16 } from '../../emit/code.js';
import { instantiate } from '../../emit/instance.js';
import { type FunctionWriter, type Local, ModuleWriter } from '../../emit/module.js';
import type { Filter, Rows } from './filter.js';
import { plainFilter } from './plainFilter.js';
import { PRECISION_BITS, type Taps } from './taps.js';

/** Pictures go through this much memory, some rows at a time: little enough for the caches of a core. */
const PAGES = 16;
/** Vectors are read, and written, so far beyond the last pixel at most. */
const SLACK = 16;
/** A weight of up to 2^22 does not fit into 16 bits, but two parts of 11 do. */
const PART_BITS = PRECISION_BITS / 2;

interface Kernels {
  readonly memory: Uint8Array;
  /** One row: `columns(from, to, tableStart, tableEnd, weightBytes)`. */
  readonly columns: (...integers: number[]) => void;
  /** One row: `rows(from, stride, to, end, weights, weightsEnd)`. */
  readonly rows: (...integers: number[]) => void;
}

let kernels: Kernels | null | undefined;

/**
 * Both passes with SIMD, four times as fast as the loops of JavaScript and to the same bytes. Two taps at a time: pixels
 * are spread to 16 bits, neighbouring taps side by side, and multiplied with both parts of their weights.
 *
 * @returns Nothing where there is no SIMD, or where a page does not allow WebAssembly.
 */
export function simdFilter(): Filter | undefined {
  kernels ??= createKernels() ?? null;
  return kernels === null ? undefined : filterOf(kernels);
}

function filterOf(kernels: Kernels): Filter {
  return {
    columns: (from, width, taps) => filterColumns(kernels, from, width, taps),
    rows: (from, height, taps) => filterRows(kernels, from, height, taps),
  };
}

/** In memory: the table of taps, a band of input rows, and the same rows made narrower. */
function filterColumns(
  { memory, columns }: Kernels,
  from: Rows,
  width: number,
  taps: Taps,
): Uint8Array {
  const table = columnTable(taps, width);
  const weightBytes = table.byteLength / width - 4;
  const stride = from.width * 3;
  // Taps that only fill a pair up, or the longest list, lie behind the row.
  const input = table.byteLength;
  const room = memory.length - input - 3 * (taps.most + 1) - 2 * SLACK;
  const band = Math.min(from.height, Math.floor(room / (stride + 3 * width)));
  if (band < 1) return plainFilter.columns(from, width, taps);
  memory.set(new Uint8Array(table.buffer));
  const output = input + band * stride + 3 * (taps.most + 1) + SLACK;
  const out = new Uint8Array(3 * width * from.height);
  for (let y = 0; y < from.height; y += band) {
    const count = Math.min(band, from.height - y);
    memory.set(from.data.subarray(y * stride, (y + count) * stride), input);
    for (let row = 0; row < count; row++) {
      columns(input + row * stride, output + row * 3 * width, 0, input, weightBytes);
    }
    out.set(memory.subarray(output, output + count * 3 * width), y * 3 * width);
  }
  return out;
}

/** For each pixel: where its first input lies, and its pairs of weights. */
function columnTable(taps: Taps, width: number): Int32Array {
  const weights = pairedWeights(taps);
  const own = weights.length / width;
  const table = new Int32Array((1 + own) * width);
  for (let x = 0; x < width; x++) {
    table[x * (1 + own)] = taps.first[x] * 3;
    table.set(weights.subarray(x * own, (x + 1) * own), x * (1 + own) + 1);
  }
  return table;
}

/** Output rows that are made together, and the input rows from the first one's first on that they need. */
interface RowBand {
  readonly inputs: number;
  readonly outputs: number;
}

/** In memory: weights, the input rows of a band, and its output rows. */
function filterRows({ memory, rows }: Kernels, from: Rows, height: number, taps: Taps): Uint8Array {
  const weights = pairedWeights(taps);
  const weightBytes = weights.byteLength / height;
  const { first, count } = taps;
  const stride = from.width * 3;
  const input = weights.byteLength;
  const outputOf = ({ inputs }: RowBand) => input + (inputs + 2) * stride + SLACK;
  const fits = (band: RowBand) => outputOf(band) + band.outputs * stride + SLACK <= memory.length;
  if (!fits({ inputs: taps.most, outputs: 1 })) return plainFilter.rows(from, height, taps);
  memory.set(new Uint8Array(weights.buffer));
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; ) {
    const band = largestBand(taps, y, height, fits);
    memory.set(from.data.subarray(first[y] * stride, (first[y] + band.inputs) * stride), input);
    const output = outputOf(band);
    for (let row = 0; row < band.outputs; row++) {
      const at = input + (first[y + row] - first[y]) * stride;
      const to = output + row * stride;
      const own = weightBytes * (y + row);
      rows(at, stride, to, to + stride, own, own + 8 * Math.ceil(count[y + row] / 2));
    }
    out.set(memory.subarray(output, output + band.outputs * stride), y * stride);
    y += band.outputs;
  }
  return out;
}

/** As many output rows from `y` on as fit, but one at least. */
function largestBand(
  { first, count }: Taps,
  y: number,
  height: number,
  fits: (band: RowBand) => boolean,
): RowBand {
  let band = { inputs: count[y], outputs: 1 };
  for (let next = y + 1; next < height; next++) {
    const larger = { inputs: first[next] + count[next] - first[y], outputs: next + 1 - y };
    if (!fits(larger)) break;
    band = larger;
  }
  return band;
}

/** Two taps a pair, as two integers: their weights' upper parts, then their lower ones, each of 16 bits. */
function pairedWeights({ weights, most }: Taps): Int32Array {
  const pairs = Math.ceil(most / 2);
  const outputs = weights.length / most;
  const paired = new Int32Array(2 * pairs * outputs);
  const low = 2 ** PART_BITS - 1;
  for (let out = 0, to = 0; out < outputs; out++) {
    for (let tap = 0; tap < most; tap += 2, to += 2) {
      const a = weights[out * most + tap];
      const b = tap + 1 < most ? weights[out * most + tap + 1] : 0;
      // Of a negative weight, the upper part is negative and the lower one is not.
      paired[to] = ((a >> PART_BITS) & 0xffff) | ((b >> PART_BITS) << 16);
      paired[to + 1] = (a & low) | ((b & low) << 16);
    }
  }
  return paired;
}

function createKernels(): Kernels | undefined {
  const writer = new ModuleWriter();
  writer.define('columns', ['i32', 'i32', 'i32', 'i32', 'i32'], writeColumns);
  writer.define('rows', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], writeRows);
  const instance = instantiate(writer, PAGES);
  if (instance === undefined) return undefined;
  const { columns, rows } = instance.functions;
  return { memory: instance.memory, columns, rows };
}

/** `sum += pixels · weights`, in both parts; `pixels` has the two taps of each channel side by side. */
function addProducts(upper: Local, lower: Local, pixels: Code, weights: Local): Code[] {
  const product = (offset: number) =>
    i32x4.dotI16x8(pixels, v128.load32Splat(weights.value, offset));
  return [
    upper.set(i32x4.add(upper.value, product(0))),
    lower.set(i32x4.add(lower.value, product(4))),
  ];
}

/** The sum of both parts; where weights are negative, it can lie beyond 0 and 255. */
function rounded(upper: Local, lower: Local, half: Code): Code {
  const shifted = i32x4.shiftLeft(upper.value, i32.const(PART_BITS));
  const sum = i32x4.add(i32x4.add(shifted, lower.value), half);
  return i32x4.shiftRight(sum, i32.const(PRECISION_BITS));
}

/**
 * A row made narrower (or wider): lanes are red, green, blue and nothing. Every pixel has as many pairs of taps as the one
 * that has most; weights of zero make nothing of what they read.
 */
function writeColumns(
  f: FunctionWriter,
  from: Local,
  to: Local,
  tableStart: Local,
  tableEnd: Local,
  weightBytes: Local,
): void {
  const [entry, weights, end, at] = f.locals('i32', 4);
  const [upper, lower, pixels] = f.locals('v128', 3);
  const half = f.constant(i32x4.const(2 ** (PRECISION_BITS - 1)));
  // Bytes of two pixels: red, green, blue, red, green, blue.
  const Z = 255;
  const spread = [0, Z, 3, Z, 1, Z, 4, Z, 2, Z, 5, Z, Z, Z, Z, Z];
  f.emit(entry.set(tableStart.value));
  f.while(i32.lt(entry.value, tableEnd.value), () => {
    f.emit(
      at.set(i32.add(from.value, i32.load(entry.value))),
      weights.set(i32.add(entry.value, i32.const(4))),
      end.set(i32.add(weights.value, weightBytes.value)),
      entry.set(end.value),
      upper.set(v128.zero),
      lower.set(v128.zero),
    );
    f.while(i32.lt(weights.value, end.value), () => {
      f.emit(
        pixels.set(swizzle(v128.load64Zero(at.value), spread)),
        ...addProducts(upper, lower, pixels.value, weights),
        at.set(i32.add(at.value, i32.const(6))),
        weights.set(i32.add(weights.value, i32.const(8))),
      );
    });
    // Four bytes, of which the next pixel overwrites the last.
    f.emit(
      upper.set(rounded(upper, lower, half)),
      upper.set(i32x4.narrowUnsigned(upper.value, upper.value)),
      upper.set(i16x8.narrowUnsigned(upper.value, upper.value)),
      i32.store(to.value, i32x4.extractLane(upper.value, 0)),
      to.set(i32.add(to.value, i32.const(3))),
    );
  });
}

/** A row made of rows that lie `stride` bytes apart, eight bytes at a time. */
function writeRows(
  f: FunctionWriter,
  from: Local,
  stride: Local,
  to: Local,
  end: Local,
  weights: Local,
  weightsEnd: Local,
): void {
  const [at, weight, two] = f.locals('i32', 3);
  const [first, second, pixels, upper, lower, upper2, lower2] = f.locals('v128', 7);
  const half = f.constant(i32x4.const(2 ** (PRECISION_BITS - 1)));
  f.emit(two.set(i32.add(stride.value, stride.value)));
  f.while(i32.lt(to.value, end.value), () => {
    f.emit(at.set(from.value), weight.set(weights.value));
    for (const sum of [upper, lower, upper2, lower2]) f.emit(sum.set(v128.zero));
    f.while(i32.lt(weight.value, weightsEnd.value), () => {
      f.emit(
        first.set(v128.load8x8Unsigned(at.value)),
        second.set(v128.load8x8Unsigned(i32.add(at.value, stride.value))),
        pixels.set(zip16(first.value, second.value, 'lower')),
        ...addProducts(upper, lower, pixels.value, weight),
        pixels.set(zip16(first.value, second.value, 'upper')),
        ...addProducts(upper2, lower2, pixels.value, weight),
        at.set(i32.add(at.value, two.value)),
        weight.set(i32.add(weight.value, i32.const(8))),
      );
    });
    const words = i32x4.narrowUnsigned(rounded(upper, lower, half), rounded(upper2, lower2, half));
    // Where fewer than eight bytes are left, the rest belongs to the next row, which is written later.
    f.emit(
      v128.store64(to.value, i16x8.narrowUnsigned(words, words)),
      to.set(i32.add(to.value, i32.const(8))),
      from.set(i32.add(from.value, i32.const(8))),
    );
  });
}
