import { i32, v128 } from '../../../../emit/code.js';
import type { FunctionHandle, Local, ModuleWriter } from '../../../../emit/module.js';
import { fewOutputsWidth } from '../gemm/fewOutputs.js';
import { emitMicroKernel } from '../gemm/microKernel.js';
import { emitShiftAdd } from '../rows/planar.js';
import { rowPixels } from '../rows/rows.js';
import {
  type ConvStage,
  loadPointers,
  type OutputShape,
  RowLoader,
  RowSummer,
  type SourceShape,
} from '../rows/stage.js';
import { STAGE } from '../stageArguments.js';
import { type Target, vectorsAtATime } from '../target.js';
import { Algebra, elements, SIX_POINTS, transformForSix, WORKING } from './algorithms.js';

/**
 * Winograd along the columns of a tall kernel, F(4, 4): its taps are cut into parts of four, each of which
 * makes four output rows of seven input rows by seven products, where sixteen are usual. Interpolation points are
 * `SIX_POINTS` and ∞; for what rows of the matrices mean, see `algorithms.ts`. The error of a 7×7 kernel is twice that
 * of a direct one.
 */
const INPUTS = 7;
export const COLUMN_OUTPUTS = 4;
export const COLUMN_TAPS = 4;
export const COLUMN_PRODUCTS = 7;

/** G: what each of four taps adds to the seven products. */
export const TALL_KERNEL: readonly (readonly number[])[] = [
  ...SIX_POINTS.flatMap((p) => [p, -p]).map((x, j, finite) => {
    const scale = finite.reduce((n, y, k) => (k === j ? n : n * (x - y)), 1);
    return Array.from({ length: COLUMN_TAPS }, (_, power) => x ** power / scale);
  }),
  [0, 0, 0, 1],
];

/** `(src, dst)`: seven rows of `floats`, to seven planes of as many. All rows are rounded up to whole vectors. */
function emitColumnInput(
  module: ModuleWriter,
  target: Target,
  shape: { readonly floats: number; readonly rowStride: number; readonly planeStride: number },
): FunctionHandle {
  const key = `tall input ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, ['i32', 'i32'], (f, src, dst) => {
    const { floats, rowStride, planeStride } = shape;
    const a = new Algebra(f, target);
    const vectors = vectorsAtATime(target, floats);
    const d = elements(f, INPUTS, vectors);
    const out = elements(f, COLUMN_PRODUCTS, vectors);
    const t = elements(f, WORKING, vectors);
    const i = f.local('i32');
    f.repeat(i, floats, 4 * vectors, () => {
      for (const [row, element] of d.entries()) a.load(element, src, row * rowStride);
      transformForSix(a, d, out, t);
      for (const [plane, element] of out.entries()) a.store(dst, element, plane * planeStride);
      for (const pointer of [src, dst]) {
        f.emit(pointer.set(i32.add(pointer.value, i32.const(16 * vectors))));
      }
    });
  });
}

/**
 * `(src, bias, to0, to1, to2, to3)`: seven planes of `[pixels][n]` to four rows of as many, each with its own
 * place; `bias` has `n` floats.
 */
function emitColumnOutput(
  module: ModuleWriter,
  target: Target,
  shape: { readonly pixels: number; readonly n: number; readonly planeStride: number },
): FunctionHandle {
  const key = `tall output ${JSON.stringify([target.fma, target.joins, shape])}`;
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return module.define(key, params, (f, src, bias, ...to) => {
    const { pixels, n, planeStride } = shape;
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
        for (const [plane, element] of m.entries()) a.load(element, src, plane * planeStride);
        for (const pair of [0, 1, 2]) {
          a.add(sums[pair], m[2 * pair], m[2 * pair + 1]);
          a.sub(differences[pair], m[2 * pair], m[2 * pair + 1]);
        }
        a.load(added, from, 0);
        for (const row of [0, 1, 2, 3]) {
          a.add(out[row], row === 3 ? m[6] : sums[0], added);
          const terms = row % 2 === 0 ? sums : differences;
          for (const [pair, point] of SIX_POINTS.entries()) {
            if (row === 0) {
              if (pair > 0) a.add(out[row], out[row], terms[pair]);
            } else if (row === 3 || pair > 0) a.madd(out[row], terms[pair], point ** row, out[row]);
            else a.madd(out[row], terms[pair], point ** row, added);
          }
          a.store(to[row], out[row], 0);
        }
        for (const pointer of [src, from, ...to]) {
          f.emit(pointer.set(i32.add(pointer.value, i32.const(16 * vectors))));
        }
      });
    });
  });
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

/** What the products of one plane and part look like. */
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

const align = (bytes: number) => Math.ceil(bytes / 64) * 64;

/**
 * Stage: a convolution of stride 1 with a tall kernel, a row of tiles after the other:
 *
 *     seven input rows → V [part][ξ][pixel][ic],   M [ξ][pixel][n] = Σ V [part] · U [ξ][part],
 *     M → four output rows.
 *
 * What is one part's V for a row of tiles is the part's before for the next, so V is a ring, and each is
 * made once. `weights` are U as `emitColumnWeights` leaves it. Transforms run along whole rows, without regard to pixels.
 */
export function emitColumns(module: ModuleWriter, target: Target, shape: ColumnShape): ConvStage {
  const { source, first, out, fewOutputChannels, kernelWidth, groups, tileRows } = shape;
  const parts = columnParts(shape);
  const { n, depth, pixels } = columnGemm(shape);
  const { channels, zeros } = source.row;
  const loader = new RowLoader(module, target, source);
  const floats = rowPixels(source.row) * channels;
  // The last products of a row go on to the end of a block of rows.
  const plane = align((floats + channels * 2 * target.tile.rows) * 4) + 64;
  const slot = COLUMN_PRODUCTS * plane;
  const outPlane = align((pixels + 2 * target.tile.rows) * n * 4) + 64;
  const outPitch = out.width * out.channels * 4;
  const slotsAt = align(INPUTS * loader.pitch + 16);
  const productsAt = slotsAt + parts * slot;
  // Finished rows of partial results where columns are still to be added up, and a row for what lies beyond the picture.
  const rowBytes = align(Math.max(pixels * n * 4, outPitch) + 64);
  const rowsAt = productsAt + COLUMN_PRODUCTS * outPlane;
  const down = Math.ceil(out.height / COLUMN_OUTPUTS);
  const key = `tall ${JSON.stringify([target, shape])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const p = loadPointers(f, args);
    const input = emitColumnInput(module, target, {
      floats,
      rowStride: loader.pitch,
      planeStride: plane,
    });
    const [start, end, tile, next, xi, at, to, weights, y] = f.locals('i32', 9);
    const rowAt = f.locals('i32', COLUMN_OUTPUTS);
    const slotOf = (index: typeof tile) =>
      i32.add(
        i32.add(scratch.value, i32.const(slotsAt)),
        i32.mul(i32.rem(index.value, i32.const(parts)), i32.const(slot)),
      );
    f.emit(start.set(i32.mul(item.value, i32.const(tileRows))));
    f.emit(end.set(i32.min(i32.add(start.value, i32.const(tileRows)), i32.const(down))));
    const summer = out.sums ? new RowSummer(module, out) : null;

    /** V of the rows from `index · 4` on; rows that the next item owns are not this one's to keep. */
    const transform = (index: Local) => {
      const firstRow = i32.mul(index.value, i32.const(COLUMN_OUTPUTS));
      const ownedTo = i32.mul(
        i32.min(i32.add(index.value, i32.const(1)), end.value),
        i32.const(COLUMN_OUTPUTS),
      );
      const from = i32.add(firstRow, i32.const(first[0]));
      loader.load(f, p, scratch.value, from, i32.const(INPUTS), firstRow, ownedTo);
      f.call(input, scratch.value, slotOf(index));
    };

    f.for(next, start.value, i32.add(start.value, i32.const(parts - 1)), 1, () => transform(next));
    f.for(tile, start.value, end.value, 1, () => {
      f.emit(next.set(i32.add(tile.value, i32.const(parts - 1))));
      transform(next);
      f.emit(weights.set(p.weights.value), at.set(i32.const(0)));
      f.emit(to.set(i32.add(scratch.value, i32.const(productsAt))));
      f.repeat(xi, COLUMN_PRODUCTS, 1, () => {
        for (let part = 0; part < parts; part++) {
          const product = emitMicroKernel(module, target, {
            n: n / groups,
            run: groups === 1 ? depth : channels / groups,
            middle: groups === 1 ? 1 : kernelWidth,
            middleStride: groups === 1 ? 0 : channels * 4,
            outer: 1,
            outerStride: 0,
            aStride: channels * 4,
            cStride: n * 4,
            start: part === 0 ? 'zero' : 'sum',
            fetchesAhead: false,
            goesBeyond: true,
          });
          f.emit(next.set(i32.add(tile.value, i32.const(part))));
          const column = fewOutputChannels === null ? (first[1] + zeros[0]) * channels * 4 : 0;
          const from = i32.add(i32.add(slotOf(next), at.value), i32.const(column));
          for (let group = 0; group < groups; group++) {
            const own = i32.add(from, i32.const((channels / groups) * group * 4));
            const made = i32.add(to.value, i32.const((n / groups) * group * 4));
            f.call(product, own, weights.value, made, i32.const(0), i32.const(pixels));
            f.emit(weights.set(i32.add(weights.value, i32.const((depth * n * 4) / groups))));
          }
        }
        f.emit(at.set(i32.add(at.value, i32.const(plane))));
        f.emit(to.set(i32.add(to.value, i32.const(outPlane))));
      });

      f.emit(y.set(i32.mul(tile.value, i32.const(COLUMN_OUTPUTS))));
      const rows = i32.sub(i32.const(out.height), y.value);
      for (let row = 0; row < COLUMN_OUTPUTS; row++) {
        const spare = i32.add(scratch.value, i32.const(rowsAt + row * rowBytes));
        f.emit(rowAt[row].set(spare));
        if (fewOutputChannels !== null) continue;
        const place = i32.mul(i32.add(y.value, i32.const(row)), i32.const(outPitch));
        f.if(i32.gt(rows, i32.const(row)), () =>
          f.emit(rowAt[row].set(i32.add(p.out.value, place))),
        );
      }
      const output = emitColumnOutput(module, target, { pixels, n, planeStride: outPlane });
      const products = i32.add(scratch.value, i32.const(productsAt));
      const places = rowAt.map(({ value }) => value);
      if (fewOutputChannels === null) {
        f.call(output, products, p.bias.value, ...places);
      } else {
        // The bias is added with the columns; here, a row of zeros stands for it.
        const zero = i32.add(scratch.value, i32.const(rowsAt + COLUMN_OUTPUTS * rowBytes));
        f.emit(next.set(zero));
        for (let c = 0; c < n; c += 4) f.emit(v128.store(next.value, v128.zero, c * 4));
        f.call(output, products, zero, ...places);
        const shift = emitShiftAdd(module, {
          width: out.width,
          columns: kernelWidth,
          outChannels: fewOutputChannels,
          n,
        });
        for (let row = 0; row < COLUMN_OUTPUTS; row++) {
          const place = i32.mul(i32.add(y.value, i32.const(row)), i32.const(outPitch));
          f.if(i32.gt(rows, i32.const(row)), () =>
            f.call(shift, rowAt[row].value, i32.add(p.out.value, place), p.bias.value),
          );
        }
      }
      if (summer !== null) {
        const partial = summer.begin(f, p, tile);
        summer.add(f, p, partial, y.value, i32.add(y.value, i32.const(COLUMN_OUTPUTS)));
      }
    });
  });
  const items = Math.ceil(down / tileRows);
  return { stage, items, scratchBytes: rowsAt + COLUMN_OUTPUTS * rowBytes + n * 4 };
}
