import { type Code, i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { fewOutputsWidth } from '../gemm/fewOutputs.js';
import { emitMicroKernel } from '../gemm/microKernel.js';
import { emitShiftAdd } from '../rows/planar.js';
import { rowPixels } from '../rows/rows.js';
import {
  type ConvStage,
  loadPointers,
  type OutputShape,
  type Pointers,
  RowLoader,
  RowSummer,
  type SourceShape,
} from '../rows/stage.js';
import { STAGE } from '../stageArguments.js';
import { type Target, vectorsAtATime } from '../target.js';
import {
  Algebra,
  type Element,
  elements,
  SIX_POINTS,
  transformForSix,
  WORKING,
} from './algebra.js';

/**
 * One-dimensional Winograd, along the columns of a kernel, F(4, 4): its taps are cut into parts of four, each of which
 * makes four output rows of seven input rows by seven products, where sixteen are usual. Interpolation points are
 * `SIX_POINTS` and ∞; for what rows of the matrices mean, see `algebra.ts`. The error of a 7×7 kernel is twice that
 * of a direct one.
 */
const INPUTS = 7;
export const COLUMN_OUTPUTS = 4;
export const COLUMN_TAPS = 4;
export const COLUMN_PRODUCTS = 7;

/** G: what each of four taps adds to the seven products. */
export const COLUMN_KERNEL: readonly (readonly number[])[] = [
  ...SIX_POINTS.flatMap((p) => [p, -p]).map((x, j, finite) => {
    const scale = finite.reduce((n, y, k) => (k === j ? n : n * (x - y)), 1);
    return Array.from({ length: COLUMN_TAPS }, (_, power) => x ** power / scale);
  }),
  [0, 0, 0, 1],
];

/** `(src, dst)`: seven rows of `floats`, to seven tile elements of as many. All rows are rounded up to whole vectors. */
function emitColumnInput(
  module: ModuleWriter,
  target: Target,
  shape: { readonly floats: number; readonly rowStride: number; readonly elementStride: number },
): FunctionHandle {
  const key = `column input ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, ['i32', 'i32'], (f, src, dst) => {
    const { floats, rowStride, elementStride } = shape;
    const a = new Algebra(f, target);
    const vectors = vectorsAtATime(target, floats);
    const d = elements(f, INPUTS, vectors);
    const out = elements(f, COLUMN_PRODUCTS, vectors);
    const t = elements(f, WORKING, vectors);
    const i = f.local('i32');
    f.repeat(i, floats, 4 * vectors, () => {
      for (const [row, element] of d.entries()) a.load(element, src, row * rowStride);
      transformForSix(a, d, out, t);
      for (const [i, element] of out.entries()) a.store(dst, element, i * elementStride);
      for (const pointer of [src, dst]) f.advance(pointer, 16 * vectors);
    });
  });
}

/**
 * `(src, bias, to0, to1, to2, to3)`: seven tile elements of `[pixels][n]` to four rows of as many, each with its own
 * place; `bias` has `n` floats.
 */
function emitColumnOutput(
  module: ModuleWriter,
  target: Target,
  shape: { readonly pixels: number; readonly n: number; readonly elementStride: number },
): FunctionHandle {
  const key = `column output ${JSON.stringify([target.fma, target.joins, shape])}`;
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return module.define(key, params, (f, src, bias, ...to) => {
    const { pixels, n, elementStride } = shape;
    const a = new Algebra(f, target);
    const vectors = vectorsAtATime(target, n);
    const m = elements(f, COLUMN_PRODUCTS, vectors);
    const sums = elements(f, 3, vectors);
    const differences = elements(f, 3, vectors);
    const out = elements(f, COLUMN_OUTPUTS, vectors);
    const [added] = elements(f, 1, vectors);
    const [x, c, from] = f.locals('i32', 3);
    f.repeat(x, pixels, 1, () => {
      f.emit(from.set(bias.value));
      f.repeat(c, n, 4 * vectors, () => {
        for (const [i, element] of m.entries()) a.load(element, src, i * elementStride);
        for (const pair of [0, 1, 2]) {
          a.add(sums[pair], m[2 * pair], m[2 * pair + 1]);
          a.sub(differences[pair], m[2 * pair], m[2 * pair + 1]);
        }
        a.load(added, from, 0);
        for (const [row, element] of out.entries()) {
          writeOutputRow(a, row, element, { sums, differences, last: m[6], added });
          a.store(to[row], element, 0);
        }
        for (const pointer of [src, from, ...to]) f.advance(pointer, 16 * vectors);
      });
    });
  });
}

/**
 * `out = added + Σ point ^ row · terms`: terms are sums of the products of a point and its negative where the power is even,
 * and differences where it is odd. The last row has the product of the point ∞, too.
 */
function writeOutputRow(
  a: Algebra,
  row: number,
  out: Element,
  of: {
    readonly sums: readonly Element[];
    readonly differences: readonly Element[];
    readonly last: Element;
    readonly added: Element;
  },
): void {
  const terms = row % 2 === 0 ? of.sums : of.differences;
  // For rows 1 and 2, which begin with a multiply-add to `added`, V8 drops this sum.
  a.add(out, row === 3 ? of.last : of.sums[0], of.added);
  for (const [pair, point] of SIX_POINTS.entries()) {
    const isFirst = row !== 3 && pair === 0;
    if (row > 0) a.madd(out, terms[pair], point ** row, isFirst ? of.added : out);
    else if (!isFirst) a.add(out, out, terms[pair]);
  }
}

export interface ColumnShape {
  readonly source: SourceShape;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  /** The first input row and column that output 0 reads. */
  readonly first: readonly [row: number, column: number];
  readonly out: OutputShape;
  /** Real output channels where kernel columns are laid side by side, as in `fewOutputs.ts`; `null` elsewhere. */
  readonly fewOutputChannels: number | null;
  /** Groups of the convolution, of whole panels each if there are several. */
  readonly groups: number;
  /** Rows of tiles, of four output rows each, in an item. */
  readonly tileRows: number;
}

/** Parts of four taps. */
export function columnParts({ kernelHeight }: Pick<ColumnShape, 'kernelHeight'>): number {
  return Math.ceil(kernelHeight / COLUMN_TAPS);
}

/** What the products of one tile element and part look like. */
export function columnGemm({ source, kernelWidth, out, fewOutputChannels, groups }: ColumnShape) {
  const { channels } = source.row;
  if (fewOutputChannels === null) {
    const depth = kernelWidth * (channels / groups);
    return { n: out.channels, depth, pixels: out.width };
  }
  return {
    n: fewOutputsWidth(kernelWidth, fewOutputChannels),
    depth: channels,
    pixels: rowPixels(source.row),
  };
}

/** Input rows, with the border, that an item reads, and output rows that it writes. */
export function columnRows(
  { tileRows, first, out, kernelHeight }: ColumnShape,
  item: number,
): Readonly<Record<'reads' | 'writes', { readonly from: number; readonly to: number }>> {
  const start = item * tileRows;
  const end = Math.min(start + tileRows, Math.ceil(out.height / COLUMN_OUTPUTS));
  const last = end - 1 + columnParts({ kernelHeight }) - 1;
  const reads = {
    from: start * COLUMN_OUTPUTS + first[0],
    to: last * COLUMN_OUTPUTS + first[0] + INPUTS,
  };
  const to = Math.min(end * COLUMN_OUTPUTS, out.height);
  return { reads, writes: { from: start * COLUMN_OUTPUTS, to } };
}

const align = (bytes: number) => Math.ceil(bytes / 64) * 64;

/** A thread's scratch memory: input rows, the ring of V, M, and finished rows; everything in bytes. */
interface ColumnLayout {
  /** Bytes from one tile element of V to the next. */
  readonly inStride: number;
  /** All tile elements of one part's V. */
  readonly slot: number;
  /** Bytes from one tile element of M to the next. */
  readonly outStride: number;
  readonly slotsAt: number;
  readonly productsAt: number;
  /** Rows of partial results, where columns are still to be added up; and a place for output rows beyond the picture. */
  readonly rowsAt: number;
  readonly rowBytes: number;
  /** A row of zeros. */
  readonly zeroAt: number;
  readonly bytes: number;
}

function layOutColumns(target: Target, shape: ColumnShape, pitch: number): ColumnLayout {
  const { source, out } = shape;
  const { channels } = source.row;
  const { n, pixels } = columnGemm(shape);
  const floats = rowPixels(source.row) * channels;
  // The last products of a row go on to the end of a block of rows.
  const inStride = align((floats + channels * 2 * target.tile.rows) * 4) + 64;
  const slot = COLUMN_PRODUCTS * inStride;
  const outStride = align((pixels + 2 * target.tile.rows) * n * 4) + 64;
  const slotsAt = align(INPUTS * pitch + 16);
  const productsAt = slotsAt + columnParts(shape) * slot;
  const rowBytes = align(Math.max(pixels * n * 4, out.width * out.channels * 4) + 64);
  const rowsAt = productsAt + COLUMN_PRODUCTS * outStride;
  const zeroAt = rowsAt + COLUMN_OUTPUTS * rowBytes;
  const bytes = zeroAt + n * 4;
  return { inStride, slot, outStride, slotsAt, productsAt, rowsAt, rowBytes, zeroAt, bytes };
}

/**
 * Stage: a convolution of stride 1 by one-dimensional Winograd, a row of tiles after the other:
 *
 *     seven input rows → V [part][ξ][pixel][ic],   M [ξ][pixel][n] = Σ V [part] · U [ξ][part],
 *     M → four output rows.
 *
 * What is one part's V for a row of tiles is the part's before for the next, so V is a ring, and each is
 * made once. `weights` are U as `emitColumnWeights` leaves it. Transforms run along whole rows, without regard to pixels.
 */
export function emitColumns(module: ModuleWriter, target: Target, shape: ColumnShape): ConvStage {
  const { out, tileRows } = shape;
  const loader = new RowLoader(module, target, shape.source);
  const layout = layOutColumns(target, shape, loader.pitch);
  const ahead = columnParts(shape) - 1;
  const down = Math.ceil(out.height / COLUMN_OUTPUTS);
  const key = `columns ${JSON.stringify([target, shape])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const p = loadPointers(f, args);
    const w = new ColumnWriter(f, module, target, shape, { loader, layout, p, scratch });
    const { start, end, tile, next } = w.locals;
    f.emit(start.set(i32.mul(item.value, i32.const(tileRows))));
    f.emit(end.set(i32.min(i32.add(start.value, i32.const(tileRows)), i32.const(down))));
    const summer = out.sums ? new RowSummer(module, out) : null;
    // All of the first row's V but the last part, which the loop makes.
    f.for(next, start.value, i32.add(start.value, i32.const(ahead)), 1, () => w.transform());
    f.for(tile, start.value, end.value, 1, () => {
      f.emit(next.set(i32.add(tile.value, i32.const(ahead))));
      w.transform();
      w.multiply();
      w.transformBack();
      if (summer === null) return;
      const { y } = w.locals;
      const partial = summer.begin(f, p, tile);
      summer.add(f, p, partial, y.value, i32.add(y.value, i32.const(COLUMN_OUTPUTS)));
    });
  });
  return { stage, items: Math.ceil(down / tileRows), scratchBytes: layout.bytes };
}

/**
 * `start`, `end` and `tile` are rows of tiles, and so is `next`, whose V is made or read; `y` is the first output row of
 * `tile`. The others are addresses: `at` goes through tile elements of V, from its slot on, `to` through those of M.
 */
const LOCALS = ['start', 'end', 'tile', 'next', 'xi', 'at', 'to', 'weights', 'y'] as const;

/** Writes the steps of a row of tiles, in the order of its methods. */
class ColumnWriter {
  readonly locals: Readonly<Record<(typeof LOCALS)[number], Local>>;
  readonly #f: FunctionWriter;
  readonly #module: ModuleWriter;
  readonly #target: Target;
  readonly #shape: ColumnShape;
  readonly #loader: RowLoader;
  readonly #layout: ColumnLayout;
  readonly #p: Pointers;
  readonly #scratch: Local;
  readonly #input: FunctionHandle;
  /** Where each of the four output rows goes. */
  readonly #rowAt: readonly Local[];

  constructor(
    f: FunctionWriter,
    module: ModuleWriter,
    target: Target,
    shape: ColumnShape,
    given: {
      readonly loader: RowLoader;
      readonly layout: ColumnLayout;
      readonly p: Pointers;
      readonly scratch: Local;
    },
  ) {
    this.#f = f;
    this.#module = module;
    this.#target = target;
    this.#shape = shape;
    this.#loader = given.loader;
    this.#layout = given.layout;
    this.#p = given.p;
    this.#scratch = given.scratch;
    const { row } = shape.source;
    this.#input = emitColumnInput(module, target, {
      floats: rowPixels(row) * row.channels,
      rowStride: given.loader.pitch,
      elementStride: given.layout.inStride,
    });
    this.locals = f.namedLocals('i32', LOCALS);
    this.#rowAt = f.locals('i32', COLUMN_OUTPUTS);
  }

  /** V of the input rows from `next · 4` on; rows that the next item owns are not this one's to keep. */
  transform(): void {
    const { next, end } = this.locals;
    const { first } = this.#shape;
    const scratch = this.#scratch.value;
    const firstRow = i32.mul(next.value, i32.const(COLUMN_OUTPUTS));
    const ownedTo = i32.mul(
      i32.min(i32.add(next.value, i32.const(1)), end.value),
      i32.const(COLUMN_OUTPUTS),
    );
    const from = i32.add(firstRow, i32.const(first[0]));
    this.#loader.load(this.#f, this.#p, scratch, from, i32.const(INPUTS), firstRow, ownedTo);
    this.#f.call(this.#input, scratch, this.#slotOfNext());
  }

  /** Where V of `next` is in the ring. */
  #slotOfNext(): Code {
    const { slot } = this.#layout;
    const index = i32.rem(this.locals.next.value, i32.const(columnParts(this.#shape)));
    return i32.add(this.#inScratch(this.#layout.slotsAt), i32.mul(index, i32.const(slot)));
  }

  #inScratch(offset: number): Code {
    return i32.add(this.#scratch.value, i32.const(offset));
  }

  /** M, one tile element at a time, and in each part by part: U lies in that order. */
  multiply(): void {
    const f = this.#f;
    const { xi, at, to, weights } = this.locals;
    const { inStride, outStride, productsAt } = this.#layout;
    f.emit(weights.set(this.#p.weights.value), at.set(i32.const(0)));
    f.emit(to.set(this.#inScratch(productsAt)));
    f.repeat(xi, COLUMN_PRODUCTS, 1, () => {
      for (let part = 0; part < columnParts(this.#shape); part++) this.#multiplyPart(part);
      f.advance(at, inStride);
      f.advance(to, outStride);
    });
  }

  #multiplyPart(part: number): void {
    const f = this.#f;
    const { source, first, fewOutputChannels, groups } = this.#shape;
    const { channels, zeros } = source.row;
    const { n, depth, pixels } = columnGemm(this.#shape);
    const { tile, next, at, to, weights } = this.locals;
    const product = this.#product(part === 0 ? 'zero' : 'sum');
    f.emit(next.set(i32.add(tile.value, i32.const(part))));
    const column = fewOutputChannels === null ? (first[1] + zeros[0]) * channels * 4 : 0;
    const from = i32.add(i32.add(this.#slotOfNext(), at.value), i32.const(column));
    for (let group = 0; group < groups; group++) {
      const own = i32.add(from, i32.const((channels / groups) * group * 4));
      const made = i32.add(to.value, i32.const((n / groups) * group * 4));
      f.call(product, own, weights.value, made, i32.const(0), i32.const(pixels));
      f.advance(weights, (depth * n * 4) / groups);
    }
  }

  /** Kernel columns are one run of memory, unless only some of a pixel's channels are read. */
  #product(start: 'zero' | 'sum'): FunctionHandle {
    const { source, kernelWidth, groups } = this.#shape;
    const { channels } = source.row;
    const { n, depth } = columnGemm(this.#shape);
    return emitMicroKernel(this.#module, this.#target, {
      n: n / groups,
      run: groups === 1 ? depth : channels / groups,
      middle: groups === 1 ? 1 : kernelWidth,
      middleStride: groups === 1 ? 0 : channels * 4,
      outer: 1,
      outerStride: 0,
      aStride: channels * 4,
      cStride: n * 4,
      start,
      fetchesAhead: false,
      goesBeyond: true,
    });
  }

  /** M to output rows; with few output channels, by way of rows whose columns are still to be added up. */
  transformBack(): void {
    const { tile, y } = this.locals;
    this.#f.emit(y.set(i32.mul(tile.value, i32.const(COLUMN_OUTPUTS))));
    this.#placeRows();
    const output = emitColumnOutput(this.#module, this.#target, {
      pixels: columnGemm(this.#shape).pixels,
      n: columnGemm(this.#shape).n,
      elementStride: this.#layout.outStride,
    });
    const products = this.#inScratch(this.#layout.productsAt);
    const places = this.#rowAt.map(({ value }) => value);
    const { fewOutputChannels } = this.#shape;
    if (fewOutputChannels === null) {
      this.#f.call(output, products, this.#p.bias.value, ...places);
      return;
    }
    // The bias is added with the columns; here, a row of zeros stands for it.
    this.#f.call(output, products, this.#emitZeros(), ...places);
    this.#addColumns(fewOutputChannels);
  }

  /** Rows beyond the picture, and those that are not finished, stay in scratch memory. */
  #placeRows(): void {
    const { rowsAt, rowBytes } = this.#layout;
    for (const [row, place] of this.#rowAt.entries()) {
      this.#f.emit(place.set(this.#inScratch(rowsAt + row * rowBytes)));
      if (this.#shape.fewOutputChannels !== null) continue;
      this.#ifInside(row, (out) => this.#f.emit(place.set(out)));
    }
  }

  /** For the tile's output row `row`, if it is one of the picture's, with its address. */
  #ifInside(row: number, body: (out: Code) => void): void {
    const { y } = this.locals;
    const { height, width, channels } = this.#shape.out;
    const rows = i32.sub(i32.const(height), y.value);
    const offset = i32.mul(i32.add(y.value, i32.const(row)), i32.const(width * channels * 4));
    this.#f.if(i32.gt(rows, i32.const(row)), () => body(i32.add(this.#p.out.value, offset)));
  }

  #emitZeros(): Code {
    const { next } = this.locals;
    const zero = this.#inScratch(this.#layout.zeroAt);
    this.#f.emit(next.set(zero));
    for (let c = 0; c < columnGemm(this.#shape).n; c += 4) {
      this.#f.emit(v128.store(next.value, v128.zero, c * 4));
    }
    return zero;
  }

  #addColumns(outChannels: number): void {
    const shift = emitShiftAdd(this.#module, {
      width: this.#shape.out.width,
      columns: this.#shape.kernelWidth,
      outChannels,
      n: columnGemm(this.#shape).n,
    });
    for (const [row, { value }] of this.#rowAt.entries()) {
      this.#ifInside(row, (out) => this.#f.call(shift, value, out, this.#p.bias.value));
    }
  }
}
