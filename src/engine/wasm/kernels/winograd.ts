import { type Code, f64x2, i32, upperHalf, v128 } from '../emit/code.js';
import type { FunctionHandle, FunctionWriter, Local, ModuleWriter } from '../emit/module.js';
import { Algebra, FILTERINGS, type FilteringName, type Line } from './filtering.js';
import type { Target } from './target.js';

/** Planes ξ of a tile's transformed tensors: one for each product. */
export function planesOf(filtering: FilteringName): number {
  return FILTERINGS[filtering].products ** 2;
}

function grid(f: FunctionWriter, rows: number, columns: number): Local[][] {
  return Array.from({ length: rows }, () => f.locals('v128', columns));
}

const column = (lines: readonly Line[], j: number): Line => lines.map((line) => line[j]);

export interface InputTileShape {
  readonly filtering: FilteringName;
  readonly channels: number;
  /** Bytes from one row of `src` to the next. */
  readonly rowStride: number;
  /** Bytes from one plane of `dst` to the next. */
  readonly planeStride: number;
}

/** `(src, dst)`: a tile's input pixels, of `[…][channels]`, to `dst[ξ][channels]`. */
export function defineInputTile(
  module: ModuleWriter,
  target: Target,
  shape: InputTileShape,
): FunctionHandle {
  const key = `winograd input ${JSON.stringify([target.fma, shape])}`;
  return module.define(key, ['i32', 'i32'], (f, src, dst) => {
    const { filtering, channels, rowStride, planeStride } = shape;
    const { inputs, products, transformInput } = FILTERINGS[filtering];
    const a = new Algebra(f, target);
    const loaded = f.locals('v128', inputs);
    const lines = grid(f, products, inputs);
    const t = f.locals('v128', 4);
    const out = f.locals('v128', products);
    const c = f.local('i32');
    f.repeat(c, channels, 4, () => {
      for (let j = 0; j < inputs; j++) {
        for (let i = 0; i < inputs; i++) {
          f.emit(loaded[i].set(v128.load(src.value, i * rowStride + j * channels * 4)));
        }
        transformInput(a, loaded, column(lines, j), t);
      }
      for (let i = 0; i < products; i++) {
        transformInput(a, lines[i], out, t);
        for (let j = 0; j < products; j++) {
          f.emit(v128.store(dst.value, out[j].value, (i * products + j) * planeStride));
        }
      }
      f.emit(src.set(i32.add(src.value, i32.const(16))));
      f.emit(dst.set(i32.add(dst.value, i32.const(16))));
    });
  });
}

export interface OutputTileShape {
  readonly filtering: FilteringName;
  readonly channels: number;
  readonly planeStride: number;
  /** Bytes from one pixel of `dst` to the next, and from one row to the next. */
  readonly pixelStride: number;
  readonly rowStride: number;
  /** Bytes from Σx to Σx² in `partial`; `null` where no norm follows. */
  readonly squaresAt: number | null;
  /** Whether all of the tile lies inside the picture. */
  readonly whole: boolean;
}

/**
 * `(src, dst, bias, partial, rows, columns)`: `src[ξ][channels]` to a tile's output pixels, of which those
 * inside are stored, and added to the partial sums (`norm.ts`).
 *
 * Differences from the tile's first pixel are summed in float32, and the rest in doubles: a mean far
 * above the deviation costs no digits, and most of the work is narrow.
 */
export function defineOutputTile(
  module: ModuleWriter,
  target: Target,
  shape: OutputTileShape,
): FunctionHandle {
  const key = `winograd output ${JSON.stringify([target.fma, shape])}`;
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return module.define(key, params, (f, src, dst, bias, partial, rows, columns) => {
    const { filtering, channels, planeStride, pixelStride, rowStride, squaresAt, whole } = shape;
    const { products, outputs, transformOutput } = FILTERINGS[filtering];
    const a = new Algebra(f, target);
    const loaded = f.locals('v128', products);
    const lines = grid(f, outputs, products);
    const t = f.locals('v128', 4);
    const out = f.locals('v128', outputs);
    const [added, first, difference, sum, squares] = f.locals('v128', 5);
    const c = f.local('i32');
    const inside = (length: Local, index: number, body: () => void) =>
      whole || index === 0 ? body() : f.if(i32.gt(length.value, i32.const(index)), body);
    f.repeat(c, channels, 4, () => {
      f.emit(added.set(v128.load(bias.value)));
      for (let j = 0; j < products; j++) {
        for (let i = 0; i < products; i++) {
          f.emit(loaded[i].set(v128.load(src.value, (i * products + j) * planeStride)));
        }
        transformOutput(a, loaded, column(lines, j), t);
      }
      for (let i = 0; i < outputs; i++) {
        inside(rows, i, () => {
          transformOutput(a, lines[i], out, t);
          for (let j = 0; j < outputs; j++) {
            inside(columns, j, () => {
              a.add(out[j], out[j], added);
              f.emit(v128.store(dst.value, out[j].value, i * rowStride + j * pixelStride));
              if (squaresAt === null) return;
              if (i + j === 0) {
                a.copy(first, out[j]);
                f.emit(sum.set(v128.zero), squares.set(v128.zero));
                return;
              }
              a.sub(difference, out[j], first);
              a.add(sum, sum, difference);
              a.square(squares, difference);
            });
          }
        });
      }
      if (squaresAt !== null) {
        const size = (length: Local) => i32.min(length.value, i32.const(outputs));
        const count = whole
          ? f64x2.splat(outputs ** 2)
          : f64x2.splatI32(i32.mul(size(rows), size(columns)));
        addShiftedSums(f, partial, squaresAt, { count, first, sum, squares });
      }
      for (const pointer of [src, dst, bias]) {
        f.emit(pointer.set(i32.add(pointer.value, i32.const(16))));
      }
      f.emit(partial.set(i32.add(partial.value, i32.const(32))));
    });
  });
}

/**
 * Adds to partial sums what `count` numbers contribute, given the first of them, b, and sums over d = x − b:
 * Σx = Σd + n b and Σx² = Σd² + b (2 Σd + n b).
 */
function addShiftedSums(
  f: FunctionWriter,
  partial: Local,
  squaresAt: number,
  of: { count: Code; first: Local; sum: Local; squares: Local },
): void {
  const [b, d, nb] = f.locals('v128', 3);
  for (const h of [0, 1]) {
    const half = (x: Local) => f64x2.promoteLow(h === 0 ? x.value : upperHalf(x.value));
    const add = (at: number, value: Code) =>
      f.emit(v128.store(partial.value, f64x2.add(v128.load(partial.value, at), value), at));
    f.emit(b.set(half(of.first)), d.set(half(of.sum)), nb.set(f64x2.mul(b.value, of.count)));
    add(16 * h, f64x2.add(d.value, nb.value));
    const twice = f64x2.add(f64x2.add(d.value, d.value), nb.value);
    add(squaresAt + 16 * h, f64x2.add(half(of.squares), f64x2.mul(b.value, twice)));
  }
}

export interface KernelTileShape {
  readonly filtering: FilteringName;
  /** Input channels. */
  readonly channels: number;
  /** Output channels of the panel, a multiple of 4. */
  readonly lanes: number;
  readonly planeStride: number;
}

/** `(src, dst)`: one panel of kernels, `src[ic][3 · 3][lanes]`, to `dst[ξ][ic][lanes]`. */
export function defineKernelTile(
  module: ModuleWriter,
  target: Target,
  shape: KernelTileShape,
): FunctionHandle {
  const key = `winograd kernel ${JSON.stringify([target.fma, shape])}`;
  return module.define(key, ['i32', 'i32'], (f, src, dst) => {
    const { filtering, channels, lanes, planeStride } = shape;
    const { products, transformKernel } = FILTERINGS[filtering];
    const a = new Algebra(f, target);
    const kernel = grid(f, 3, 3);
    const lines = grid(f, products, 3);
    const t = f.locals('v128', 4);
    const out = f.locals('v128', products);
    const [ic, lane] = f.locals('i32', 2);
    f.repeat(ic, channels, 1, () => {
      f.repeat(lane, lanes, 4, () => {
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 3; j++) {
            f.emit(kernel[i][j].set(v128.load(src.value, (i * 3 + j) * lanes * 4)));
          }
        }
        for (let j = 0; j < 3; j++) transformKernel(a, column(kernel, j), column(lines, j), t);
        for (let i = 0; i < products; i++) {
          transformKernel(a, lines[i], out, t);
          for (let j = 0; j < products; j++) {
            f.emit(v128.store(dst.value, out[j].value, (i * products + j) * planeStride));
          }
        }
        for (const pointer of [src, dst]) {
          f.emit(pointer.set(i32.add(pointer.value, i32.const(16))));
        }
      });
      f.emit(src.set(i32.add(src.value, i32.const(8 * lanes * 4))));
    });
  });
}
