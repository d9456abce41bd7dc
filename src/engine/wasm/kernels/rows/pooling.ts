import { type Code, f32x4, i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { type PoolWindow, poolWindow } from '../../../../tensor/pooling.js';
import { STAGE } from '../stageArguments.js';
import { storeSideBySide, type Target, vectorsAtATime } from '../target.js';
import { rowPixels } from './rows.js';
import { SourceRows } from './sourceRows.js';
import { loadPointers, type SourceShape } from './stage.js';

/** The largest element; or the mean, of what is there or with the zeros of the padding. */
export type Reduction = 'max' | 'mean' | 'paddedMean';

export interface PoolShape {
  readonly source: SourceShape;
  readonly reduction: Reduction;
  /** `[vertical, horizontal]`, as all pairs. */
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly height: number;
  readonly width: number;
  readonly rowsPerItem: number;
}

export interface PoolStage {
  readonly stage: FunctionHandle;
  readonly scratchBytes: number;
}

/**
 * Stage, so many rows of the result per work item. The rows of a window become one in scratch memory, and of that, its columns
 * become pixels. Rows and columns beyond the edge are passed over.
 */
export function emitPool(module: ModuleWriter, target: Target, shape: PoolShape): PoolStage {
  const { source, reduction, kernel, stride, padding, dilation, height, rowsPerItem } = shape;
  const rows = new SourceRows(module, target, source);
  const { channels } = source.row;
  const down = { reduction, floats: rows.pitch / 4, stride: dilation[0] * rows.pitch };
  const [allRows, someRows] = [
    emitAll(module, target, { ...down, count: kernel[0] }),
    emitSome(module, { ...down, isDivided: false }),
  ];
  const pixels = emitPixels(module, target, shape);
  const rowBytes = shape.width * channels * 4;
  const reach = (kernel[0] - 1) * dilation[0] + 1;
  const key = `pool ${JSON.stringify([target.fma, target.joins, shape])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const p = loadPointers(f, args);
    const [y, last, first, end, start, count, row] = f.locals('i32', 7);
    const startOf = (index: Code) =>
      i32.sub(i32.mul(index, i32.const(stride[0])), i32.const(padding[0]));
    f.emit(y.set(i32.mul(item.value, i32.const(rowsPerItem))));
    f.emit(last.set(i32.add(y.value, i32.const(rowsPerItem))));
    f.emit(last.set(i32.min(last.value, i32.const(height))));
    f.emit(first.set(startOf(y.value)));
    f.if(i32.lt(first.value, i32.const(0)), () => f.emit(first.set(i32.const(0))));
    f.emit(end.set(startOf(i32.sub(last.value, i32.const(1)))));
    f.emit(end.set(i32.add(end.value, i32.const(reach))));
    f.emit(end.set(i32.min(end.value, i32.const(rows.height))));
    const made = i32.add(scratch.value, i32.const(rows.pitch));
    const base = rows.emitRows(f, p, made, first, end);
    f.for(y, y.value, last.value, 1, () => {
      f.emit(start.set(startOf(y.value)));
      emitWindow(f, shape, rows.height, { start, first, count });
      f.emit(row.set(i32.add(base.value, i32.mul(first.value, i32.const(rows.pitch)))));
      f.if(
        i32.eq(count.value, i32.const(kernel[0])),
        () => f.call(allRows, scratch.value, row.value),
        () => f.call(someRows, scratch.value, row.value, count.value, v128.zero),
      );
      if (reduction === 'paddedMean') emitPadded(f, shape, rows.height, { start, count });
      const offset = i32.mul(y.value, i32.const(rowBytes));
      f.call(pixels, i32.add(p.out.value, offset), scratch.value, count.value);
    });
  });
  const mostRows = Math.min(rows.height, (rowsPerItem - 1) * stride[0] + reach);
  return { stage, scratchBytes: rows.pitch + rows.bytes(mostRows) };
}

/** The first row of the window that begins at `start` and is there, and how many there are. */
function emitWindow(
  f: FunctionWriter,
  { kernel: [taps], dilation: [dilation] }: PoolShape,
  height: number,
  { start, first, count }: Readonly<Record<'start' | 'first' | 'count', Local>>,
): void {
  /** Taps from one position up to another, rounded up. */
  const tapsOf = (distance: Code) =>
    i32.div(i32.add(distance, i32.const(dilation - 1)), i32.const(dilation));
  f.emit(count.set(tapsOf(i32.sub(i32.const(height), start.value))));
  f.emit(count.set(i32.min(count.value, i32.const(taps))));
  f.emit(first.set(start.value));
  f.if(i32.lt(start.value, i32.const(0)), () => {
    const skipped = tapsOf(i32.sub(i32.const(0), start.value));
    f.emit(count.set(i32.sub(count.value, skipped)));
    f.emit(first.set(i32.add(first.value, i32.mul(skipped, i32.const(dilation)))));
  });
}

/** Rows of the window with those of the padding. */
function emitPadded(
  f: FunctionWriter,
  { kernel: [taps], padding: [padding] }: PoolShape,
  height: number,
  { start, count }: Readonly<Record<'start' | 'count', Local>>,
): void {
  f.emit(count.set(i32.sub(i32.const(height + padding), start.value)));
  f.emit(count.set(i32.min(count.value, i32.const(taps))));
}

interface ReductionShape {
  readonly reduction: Reduction;
  readonly floats: number;
  /** Bytes from one to the next that are reduced. */
  readonly stride: number;
}

function combine(reduction: Reduction, a: Code, b: Code): Code {
  return reduction === 'max' ? f32x4.max(a, b) : f32x4.add(a, b);
}

/** `(dst, src)`: so many floats, each of `count`. */
function emitAll(
  module: ModuleWriter,
  target: Target,
  shape: ReductionShape & { readonly count: number },
): FunctionHandle {
  const { reduction, floats, stride, count } = shape;
  const key = `reduce ${JSON.stringify([target.joins, shape])}`;
  return module.define(key, ['i32', 'i32'], (f, dst, src) => {
    emitReduction(f, target, dst, src, { reduction, floats, stride, count }, null);
  });
}

/** Moves both pointers behind the floats. */
function emitReduction(
  f: FunctionWriter,
  target: Target,
  dst: Local,
  src: Local,
  { reduction, floats, stride, count }: ReductionShape & { readonly count: number },
  divisor: Local | null,
): void {
  const vectors = vectorsAtATime(target, floats);
  const values = f.locals('v128', vectors);
  f.repeat(f.local('i32'), floats, 4 * vectors, () => {
    for (let tap = 0; tap < count; tap++) {
      for (const [v, value] of values.entries()) {
        const element = v128.load(src.value, tap * stride + 16 * v);
        f.emit(value.set(tap === 0 ? element : combine(reduction, value.value, element)));
      }
    }
    if (divisor !== null) {
      for (const value of values) f.emit(value.set(f32x4.div(value.value, divisor.value)));
    }
    storeSideBySide(f, dst, values, 0);
    for (const pointer of [dst, src]) {
      f.emit(pointer.set(i32.add(pointer.value, i32.const(16 * vectors))));
    }
  });
}

/** `(dst, src, count, divisor)`: the same where a window is cut off, of none or more. */
function emitSome(
  module: ModuleWriter,
  shape: ReductionShape & { readonly isDivided: boolean },
): FunctionHandle {
  const { reduction, floats, stride, isDivided } = shape;
  const key = `reduce some ${JSON.stringify(shape)}`;
  return module.define(key, ['i32', 'i32', 'i32', 'v128'], (f, dst, src, count, divisor) => {
    const [i, tap, at] = f.locals('i32', 3);
    const value = f.local('v128');
    const none = reduction === 'max' ? Number.NEGATIVE_INFINITY : 0;
    f.repeat(i, floats, 4, () => {
      f.emit(value.set(f32x4.splat(none)), at.set(src.value));
      f.for(tap, i32.const(0), count.value, 1, () => {
        f.emit(value.set(combine(reduction, value.value, v128.load(at.value))));
        f.emit(at.set(i32.add(at.value, i32.const(stride))));
      });
      if (isDivided) f.emit(value.set(f32x4.div(value.value, divisor.value)));
      f.emit(v128.store(dst.value, value.value));
      for (const pointer of [dst, src]) {
        f.emit(pointer.set(i32.add(pointer.value, i32.const(16))));
      }
    });
  });
}

/** `(dst, line, rows)`: the pixels of a row, of a line that is made of so many rows. */
function emitPixels(module: ModuleWriter, target: Target, shape: PoolShape): FunctionHandle {
  const { source, reduction, kernel, stride, padding, dilation, width } = shape;
  const { channels } = source.row;
  const pixel = channels * 4;
  const across = { reduction, floats: channels, stride: dilation[1] * pixel };
  const isMean = reduction !== 'max';
  const windows = { kernelSize: kernel, stride, padding };
  const columns = Array.from({ length: width }, (_, x) =>
    poolWindow(windows, 1, rowPixels(source.row), x, dilation[1]),
  );
  const some = emitSome(module, { ...across, isDivided: isMean });
  const divisorOf = ({ count, padded }: PoolWindow) => (reduction === 'mean' ? count : padded);
  const isWhole = (window: PoolWindow) =>
    window.count === kernel[1] && divisorOf(window) === kernel[1];
  const firstWhole = columns.findIndex(isWhole);
  const lastWhole = columns.findLastIndex(isWhole);
  const key = `pooled pixels ${JSON.stringify([target.joins, shape])}`;
  return module.define(key, ['i32', 'i32', 'i32'], (f, dst, line, rows) => {
    const [x, src] = f.locals('i32', 2);
    const divisor = f.local('v128');
    const setDivisor = (window: PoolWindow) => {
      const elements = i32.mul(rows.value, i32.const(divisorOf(window)));
      if (isMean) f.emit(divisor.set(f32x4.splatI32(elements)));
    };
    const at = ({ first }: PoolWindow) => i32.add(line.value, i32.const(first * pixel));
    for (const [index, window] of columns.entries()) {
      if (index >= firstWhole && index <= lastWhole) continue;
      setDivisor(window);
      const to = i32.add(dst.value, i32.const(index * pixel));
      f.call(some, to, at(window), i32.const(window.count), divisor.value);
    }
    if (firstWhole < 0) return;
    setDivisor(columns[firstWhole]);
    f.emit(src.set(at(columns[firstWhole])));
    f.emit(dst.set(i32.add(dst.value, i32.const(firstWhole * pixel))));
    f.repeat(x, lastWhole + 1 - firstWhole, 1, () => {
      const all = { ...across, count: kernel[1] };
      emitReduction(f, target, dst, src, all, isMean ? divisor : null);
      f.emit(src.set(i32.add(src.value, i32.const((stride[1] - 1) * pixel))));
    });
  });
}
