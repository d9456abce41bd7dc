import { type Code, f64x2, i32, upperHalf, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { schedulingBarrier } from '../gemm/schedulingBarrier.js';
import { type Target, vectorsAtATime } from '../target.js';
import {
  Algebra,
  type Element,
  elements,
  type Line,
  type WinogradAlgorithm,
  WORKING,
} from './algebra.js';
import { axesOf, phasesOf, type TileAlgorithm } from './algorithms.js';

function grid(f: FunctionWriter, rows: number, columns: number, vectors: number): Element[][] {
  return Array.from({ length: rows }, () => elements(f, columns, vectors));
}

const column = (lines: readonly Line[], j: number): Line => lines.map((line) => line[j]);

export interface InputTileShape {
  readonly algorithm: TileAlgorithm;
  /** Whether pixels are transformed as inputs are, or as a kernel's taps. */
  readonly side: 'input' | 'taps';
  readonly channels: number;
  /** Bytes from one row of `src` to the next, and from one pixel to the next. */
  readonly rowStride: number;
  readonly pixelStride: number;
  /** Bytes from one tile element of `dst` to the next. */
  readonly elementStride: number;
}

/**
 * Channels of an input tile that are worked on together. Their inputs, what lies between the two transforms and the
 * outputs, 36 to 81 elements each, fit in the L1 cache together; those of 256 channels would not.
 */
const INPUT_CHANNELS = 32;

/** Pixels of a tile that are transformed. */
export function tileSide({ algorithm, side }: Pick<InputTileShape, 'algorithm' | 'side'>) {
  const { vertical, horizontal } = axesOf(algorithm);
  const pixelsOf = ({ inputs, taps }: WinogradAlgorithm) => (side === 'input' ? inputs : taps);
  return { rows: pixelsOf(vertical), columns: pixelsOf(horizontal) };
}

/** Bytes that a tile's input needs on its way. */
export function inputTileBytes(shape: InputTileShape): number {
  const { vertical } = axesOf(shape.algorithm);
  const { columns } = tileSide(shape);
  return vertical.products * columns * lineStride(Math.min(shape.channels, INPUT_CHANNELS));
}

/** Lines whose starts differ modulo 4 KiB do not map to the same sets of the L1 cache. */
function lineStride(channels: number): number {
  return channels * 4 + 64;
}

/**
 * `(src, dst, between)`: a tile's input pixels, of `[…][channels]`, to `dst[ξ][channels]`, by way of
 * `between[row ξ][column]`, which stays in the L1 cache.
 *
 * First along columns, then along rows: so there are no more vectors at a time than registers, and few tile elements of `dst`,
 * which comes from beyond the L2 cache, are written at a time, one run after the other.
 */
export function emitInputTile(
  module: ModuleWriter,
  target: Target,
  shape: InputTileShape,
): FunctionHandle {
  const key = `winograd input ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, ['i32', 'i32', 'i32'], (f, src, dst, between) => {
    const { algorithm, channels, rowStride, pixelStride, elementStride } = shape;
    const { vertical, horizontal } = axesOf(algorithm);
    const { rows, columns } = tileSide(shape);
    const a = new Algebra(f, target);
    const [part, line, c, from, to] = f.locals('i32', 5);
    const transform = (count: number) => {
      const vectors = vectorsAtATime(target, count);
      const loaded = elements(f, Math.max(rows, columns), vectors);
      const out = elements(f, Math.max(vertical.products, horizontal.products), vectors);
      const t = elements(f, WORKING, vectors);
      const transformLine = (
        { products, transformInput, transformKernel }: WinogradAlgorithm,
        pixels: number,
        at: Local,
        apart: number,
        outAt: Local,
        outApart: number,
      ) => {
        f.repeat(c, count, 4 * vectors, () => {
          for (let i = 0; i < pixels; i++) a.load(loaded[i], at, i * apart);
          if (shape.side === 'input') transformInput(a, loaded, out, t);
          else transformKernel(a, loaded, out, t);
          for (let i = 0; i < products; i++) a.store(outAt, out[i], i * outApart);
          f.advance(at, 16 * vectors);
          f.advance(outAt, 16 * vectors);
        });
      };
      const bytes = count * 4;
      const stride = lineStride(count);
      const betweenStride = columns * stride;
      f.emit(from.set(src.value), to.set(between.value));
      f.repeat(line, columns, 1, () => {
        transformLine(vertical, rows, from, rowStride, to, betweenStride);
        f.advance(from, pixelStride - bytes);
        f.advance(to, stride - bytes);
      });
      f.emit(from.set(between.value), to.set(dst.value));
      f.repeat(line, vertical.products, 1, () => {
        transformLine(horizontal, columns, from, stride, to, elementStride);
        f.advance(from, betweenStride - bytes);
        f.advance(to, horizontal.products * elementStride - bytes);
      });
      f.advance(src, bytes);
      f.advance(dst, bytes);
    };
    f.repeat(part, Math.floor(channels / INPUT_CHANNELS), 1, () => transform(INPUT_CHANNELS));
    if (channels % INPUT_CHANNELS > 0) transform(channels % INPUT_CHANNELS);
  });
}

export interface OutputTileShape {
  readonly algorithm: TileAlgorithm;
  readonly channels: number;
  readonly elementStride: number;
  /** Size of the output, and how much of the first tile lies before it. */
  readonly height: number;
  readonly width: number;
  readonly lead: readonly [rows: number, columns: number];
  /** Bytes from one pixel of `dst` to the next, and from one row to the next. */
  readonly pixelStride: number;
  readonly rowStride: number;
  /** Bytes from Σx to Σx² in `partial`; `null` where no norm follows. */
  readonly squaresAt: number | null;
  /** Whether all of the tile lies inside the picture. */
  readonly whole: boolean;
}

/**
 * `(src, dst, bias, partial, rows, columns)`: `src[ξ][phase][channels]` to a tile's output pixels, of which those
 * inside are stored, and added to the partial sums (`norm.ts`). `rows` and `columns` are those of the output from the
 * tile's first ones on.
 *
 * Differences from the tile's first pixel are summed in float32, and the rest in doubles: a mean far
 * above the deviation costs no digits, and most of the work is narrow.
 */
export function emitOutputTile(
  module: ModuleWriter,
  target: Target,
  shape: OutputTileShape,
): FunctionHandle {
  const { fma, joins, tile } = target;
  const key = `winograd output ${JSON.stringify([fma, joins, tile.isScheduled, shape])}`;
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return module.define(key, params, (f, src, dst, bias, partial, rows, columns) => {
    const given = { src, dst, bias, partial, rows, columns };
    const writer = new OutputTileWriter(f, target, shape, given);
    const { channels } = shape;
    const { vectors } = writer;
    f.repeat(f.local('i32'), channels, 4 * vectors, () => {
      writer.transform();
      writer.addSums();
      for (const pointer of [src, dst, bias]) f.advance(pointer, 16 * vectors);
      f.advance(partial, 32 * vectors);
    });
  });
}

/** Writes the steps of some channels of a tile. */
class OutputTileWriter {
  /** Vectors of channels that are worked on together. */
  readonly vectors: number;
  readonly #f: FunctionWriter;
  readonly #shape: OutputTileShape;
  readonly #given: Readonly<Record<'src' | 'dst' | 'bias' | 'partial' | 'rows' | 'columns', Local>>;
  readonly #isScheduled: boolean;
  readonly #a: Algebra;
  readonly #loaded: Element[];
  /** Between the two transforms. */
  readonly #lines: Element[][];
  readonly #working: Element[];
  readonly #out: Element[];
  /** The bias, the tile's first pixel, a pixel's difference from that, and the sums of differences and of their squares. */
  readonly #added: Element;
  readonly #first: Element;
  readonly #difference: Element;
  readonly #sum: Element;
  readonly #squares: Element;

  constructor(
    f: FunctionWriter,
    target: Target,
    shape: OutputTileShape,
    given: Readonly<Record<'src' | 'dst' | 'bias' | 'partial' | 'rows' | 'columns', Local>>,
  ) {
    const { vertical, horizontal } = axesOf(shape.algorithm);
    const vectors = vectorsAtATime(target, shape.channels);
    this.vectors = vectors;
    this.#f = f;
    this.#shape = shape;
    this.#given = given;
    this.#isScheduled = target.tile.isScheduled;
    this.#a = new Algebra(f, target);
    this.#loaded = elements(f, vertical.products, vectors);
    this.#lines = grid(f, vertical.outputs, horizontal.products, vectors);
    this.#working = elements(f, WORKING, vectors);
    this.#out = elements(f, horizontal.outputs, vectors);
    [this.#added, this.#first, this.#difference, this.#sum, this.#squares] = elements(
      f,
      5,
      vectors,
    );
  }

  /** From the tile's products to its pixels, one phase after the other. */
  transform(): void {
    const { outputs } = phasesOf(this.#shape.algorithm);
    this.#a.load(this.#added, this.#given.bias, 0);
    for (let down = 0; down < outputs; down++) {
      for (let across = 0; across < outputs; across++) {
        this.#transformColumns(down * outputs + across);
        this.#transformRows(down, across);
      }
    }
  }

  /**
   * Columns first, so that all of a column's tile elements are loaded once. Scheduling barriers keep V8 from loading
   * those of all columns before it begins with the first, which are more than there are registers.
   */
  #transformColumns(phase: number): void {
    const a = this.#a;
    const { src } = this.#given;
    const { algorithm, elementStride, channels } = this.#shape;
    const { vertical, horizontal } = axesOf(algorithm);
    const from = phase * channels * 4;
    this.#f.leavable((leave) => {
      for (let j = 0; j < horizontal.products; j++) {
        for (const [i, element] of this.#loaded.entries()) {
          a.load(element, src, from + (i * horizontal.products + j) * elementStride);
        }
        vertical.transformOutput(a, this.#loaded, column(this.#lines, j), this.#working);
        if (this.#isScheduled) leave(schedulingBarrier(src, j));
      }
    });
  }

  #transformRows(down: number, across: number): void {
    const { rows, columns } = this.#given;
    const { algorithm, height, width, lead } = this.#shape;
    const { outputs } = phasesOf(algorithm);
    const { horizontal } = axesOf(algorithm);
    for (const [i, line] of this.#lines.entries()) {
      const row = outputs * i + down;
      this.#ifInside(row, rows, lead[0] > 0 ? height : null, () => {
        horizontal.transformOutput(this.#a, line, this.#out, this.#working);
        for (const [j, pixel] of this.#out.entries()) {
          const column = outputs * j + across;
          this.#ifInside(column, columns, lead[1] > 0 ? width : null, () =>
            this.#finish(pixel, row, column),
          );
        }
      });
    }
  }

  /**
   * Of a tile that is cut off, the first row and column are inside, too: unless the first tile has one before the output's
   * first, and `left` is more than all that the output has, `most`.
   */
  #ifInside(index: number, left: Local, most: number | null, body: () => void): void {
    if (this.#shape.whole || (index === 0 && most === null)) body();
    else if (index > 0) this.#f.if(i32.gt(left.value, i32.const(index)), body);
    else this.#f.if(i32.ge(i32.const(most ?? 0), left.value), body);
  }

  /** Stores the pixel of row `i` and column `j`, and adds it to the sums. */
  #finish(pixel: Element, i: number, j: number): void {
    const a = this.#a;
    const { rowStride, pixelStride, squaresAt } = this.#shape;
    a.add(pixel, pixel, this.#added);
    a.store(this.#given.dst, pixel, i * rowStride + j * pixelStride);
    if (squaresAt === null) return;
    if (i + j === 0) {
      a.copy(this.#first, pixel);
      for (const v of [...this.#sum, ...this.#squares]) this.#f.emit(v.set(v128.zero));
      return;
    }
    a.sub(this.#difference, pixel, this.#first);
    a.add(this.#sum, this.#sum, this.#difference);
    a.square(this.#squares, this.#difference);
  }

  /** What the tile adds to the partial sums of its row of tiles. */
  addSums(): void {
    const { algorithm, squaresAt, whole } = this.#shape;
    if (squaresAt === null) return;
    const { rows, columns, partial } = this.#given;
    const { vertical, horizontal } = axesOf(algorithm);
    const size = (length: Local, { outputs }: WinogradAlgorithm) =>
      i32.min(length.value, i32.const(outputs));
    const count = whole
      ? f64x2.splat(vertical.outputs * horizontal.outputs)
      : f64x2.splatI32(i32.mul(size(rows, vertical), size(columns, horizontal)));
    for (let v = 0; v < this.vectors; v++) {
      const of = { count, first: this.#first[v], sum: this.#sum[v], squares: this.#squares[v] };
      addShiftedSums(this.#f, partial, 32 * v, squaresAt, of);
    }
  }
}

/**
 * Adds to partial sums what `count` numbers contribute, given the first of them, b, and sums over d = x − b:
 * Σx = Σd + n b and Σx² = Σd² + b (2 Σd + n b).
 */
function addShiftedSums(
  f: FunctionWriter,
  partial: Local,
  at: number,
  squaresAt: number,
  of: { count: Code; first: Local; sum: Local; squares: Local },
): void {
  const [b, d, nb] = f.locals('v128', 3);
  for (const h of [0, 1]) {
    const half = (x: Local) => f64x2.promoteLow(h === 0 ? x.value : upperHalf(x.value));
    const add = (to: number, value: Code) =>
      f.emit(v128.store(partial.value, f64x2.add(v128.load(partial.value, to), value), to));
    f.emit(b.set(half(of.first)), d.set(half(of.sum)), nb.set(f64x2.mul(b.value, of.count)));
    add(at + 16 * h, f64x2.add(d.value, nb.value));
    const twice = f64x2.add(f64x2.add(d.value, d.value), nb.value);
    add(squaresAt + at + 16 * h, f64x2.add(half(of.squares), f64x2.mul(b.value, twice)));
  }
}

export interface KernelTileShape {
  readonly algorithm: TileAlgorithm;
  /** Input channels. */
  readonly channels: number;
  /** Output channels of the panel, a multiple of 4. */
  readonly lanes: number;
  /** Rows and columns of the kernel that are transformed, of all that it has on each side. */
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly side: number;
  /** Which row of tile elements is made. */
  readonly row: number;
  readonly elementStride: number;
}

/** `(src, dst)`: one panel of kernels, `src[ic][side · side][lanes]`, to a row of tile elements, `dst[column ξ][ic][lanes]`. */
export function emitKernelTile(
  module: ModuleWriter,
  target: Target,
  shape: KernelTileShape,
): FunctionHandle {
  const key = `winograd kernel ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, ['i32', 'i32'], (f, src, dst) => {
    const { algorithm, channels, lanes, rows, columns, side, row, elementStride } = shape;
    const { vertical, horizontal } = axesOf(algorithm);
    const a = new Algebra(f, target);
    const vectors = vectorsAtATime(target, lanes);
    const kernel = grid(f, rows.length, columns.length, vectors);
    const lines = grid(f, vertical.products, columns.length, vectors);
    const t = elements(f, WORKING, vectors);
    const out = elements(f, horizontal.products, vectors);
    const [ic, lane] = f.locals('i32', 2);
    f.repeat(ic, channels, 1, () => {
      f.repeat(lane, lanes, 4 * vectors, () => {
        for (const [i, y] of rows.entries()) {
          for (const [j, x] of columns.entries()) {
            a.load(kernel[i][j], src, (y * side + x) * lanes * 4);
          }
        }
        // What other rows would need is not used, and V8 leaves it out.
        for (const j of columns.keys()) {
          vertical.transformKernel(a, column(kernel, j), column(lines, j), t);
        }
        horizontal.transformKernel(a, lines[row], out, t);
        for (const [j, element] of out.entries()) a.store(dst, element, j * elementStride);
        for (const pointer of [src, dst]) f.advance(pointer, 16 * vectors);
      });
      f.advance(src, (side * side - 1) * lanes * 4);
    });
  });
}
