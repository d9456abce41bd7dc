import { type Code, f32x4, i32, v128 } from '../../../../emit/code.js';
import type { FunctionHandle, FunctionWriter, ModuleWriter } from '../../../../emit/module.js';
import { argumentLoads, STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { emitRow, isCopy, otherRowBytes, type RowShape } from './rows.js';
import { type OutputShape, type Pointers, rowInRing } from './stage.js';
import { emitPixelsToPlanes, emitPlanesToPixels } from './transpose.js';

/** A tensor's `[C][H][W]` on one side, the engine's `[H][W][channels]` on the other. */
export interface PlanarShape {
  /** Real channels; the engine's own are these, rounded up to a multiple of 4. */
  readonly planes: number;
  /** Rows of a plane that are in memory at a time: all of them, or as many as a ring has. */
  readonly rows: number;
  readonly width: number;
}

export const IMPORT_ARGS = ['planar', 'rows'] as const;

/** Stage, one work item per row: planes to pixels; channels that exist only as padding become zero. */
export function emitImport(
  module: ModuleWriter,
  { planes, rows: planeRows, width }: PlanarShape,
  channels: number,
): FunctionHandle {
  const planeStride = planeRows * width * 4;
  const transpose = emitPlanesToPixels(module, { planes, channels, width, planeStride });
  const key = `import ${planes} ${planeRows} ${width} ${channels}`;
  return module.define(key, STAGE, (f, item, args) => {
    const { planar, rows } = argumentLoads(args, IMPORT_ARGS);
    const inPlane = i32.mul(item.value, i32.const(width * 4));
    const row = i32.mul(item.value, i32.const(width * channels * 4));
    f.call(transpose, i32.add(planar, inPlane), i32.add(rows, row));
  });
}

export const EXPORT_ARGS = ['src', 'norm', 'other', 'planar'] as const;

/**
 * Stage, one work item per row: pixels to planes. Where something is still to be applied, a row kernel makes the row in the
 * thread's scratch memory first.
 * @param ring Set where only so many rows of the source are in memory at a time (`stage.ts`).
 */
export function emitExport(
  module: ModuleWriter,
  target: Target,
  { planes, rows: planeRows, width }: PlanarShape,
  row: RowShape,
  ring?: number,
): FunctionHandle {
  const { channels } = row;
  const planeStride = planeRows * width * 4;
  const transpose = emitPixelsToPlanes(module, { planes, channels, width, planeStride });
  const key = `export ${JSON.stringify([target.fma, planes, planeRows, width, row, ring])}`;
  return module.define(key, STAGE, (f, item, args, scratch) => {
    const value = argumentLoads(args, EXPORT_ARGS);
    const [src, dst] = f.locals('i32', 2);
    const rowBytes = width * channels * 4;
    const offset = i32.mul(item.value, i32.const(rowBytes));
    const inRing = rowInRing(value.src, item, rowBytes, ring);
    f.emit(src.set(inRing ?? i32.add(value.src, offset)));
    const start = i32.mul(item.value, i32.const(width * 4));
    f.emit(dst.set(i32.add(value.planar, start)));
    if (!isCopy(row)) {
      const otherOffset = i32.mul(item.value, i32.const(otherRowBytes(row)));
      const other = i32.add(value.other, otherOffset);
      const make = emitRow(module, target, row);
      f.call(make, src.value, scratch.value, value.norm, other, i32.const(0));
      f.emit(src.set(scratch.value));
    }
    f.call(transpose, dst.value, src.value);
  });
}

/** Writes the code that turns finished rows of the network's output over, while they are still in the cache. */
export class RowExporter {
  readonly #transpose: FunctionHandle;
  readonly #out: OutputShape;

  constructor(module: ModuleWriter, out: OutputShape, planes: number) {
    const { channels, height, width, planeRows = height } = out;
    const planeStride = planeRows * width * 4;
    this.#out = out;
    this.#transpose = emitPixelsToPlanes(module, { planes, channels, width, planeStride });
  }

  /** Rows `first … first + count − 1` of the output lie at `from`; those beyond the picture are left out. */
  emit(f: FunctionWriter, p: Pointers, from: Code, first: Code, count: number): void {
    const { channels, height, width } = this.#out;
    const [y, end, row] = f.locals('i32', 3);
    f.emit(row.set(from), end.set(i32.add(first, i32.const(count))));
    f.for(y, first, i32.min(end.value, i32.const(height)), 1, () => {
      const to = i32.add(p.out.value, i32.mul(y.value, i32.const(width * 4)));
      f.call(this.#transpose, to, row.value);
      f.emit(row.set(i32.add(row.value, i32.const(width * channels * 4))));
    });
  }
}

export interface ShiftAddShape {
  /** Output pixels of the row. */
  readonly width: number;
  /** Kernel columns: that many partial results are added up. */
  readonly columns: number;
  /** Real output channels, at most 4. */
  readonly outChannels: number;
  /** Floats of one pixel of `src`. */
  readonly n: number;
}

/**
 * `(src, dst, bias)`: `dst[x][oc] = bias[oc] + Σ_kx src[x + kx][kx · outChannels + oc]`, a row of `[width][4]`
 * of `[width + columns − 1][n]`. What is loaded beyond the real channels is masked away.
 */
export function emitShiftAdd(module: ModuleWriter, shape: ShiftAddShape): FunctionHandle {
  const key = `shift ${JSON.stringify(shape)}`;
  return module.define(key, ['i32', 'i32', 'i32'], (f, src, dst, bias) => {
    const { width, columns, outChannels, n } = shape;
    const x = f.local('i32');
    const sum = f.local('v128');
    const mask = v128.laneMask(outChannels);
    f.repeat(x, width, 1, () => {
      f.emit(sum.set(v128.load(bias.value)));
      for (let kx = 0; kx < columns; kx++) {
        const part = v128.load(src.value, (kx * n + kx * outChannels) * 4);
        f.emit(sum.set(f32x4.add(sum.value, part)));
      }
      f.emit(v128.store(dst.value, v128.bitselect(sum.value, v128.zero, mask)));
      f.emit(src.set(i32.add(src.value, i32.const(n * 4))));
      f.emit(dst.set(i32.add(dst.value, i32.const(16))));
    });
  });
}
