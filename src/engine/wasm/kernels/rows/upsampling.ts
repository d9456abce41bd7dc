import { type Code, f32x4, i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { STAGE } from '../stageArguments.js';
import { emitMove, multiplyAdd, storeSideBySide, type Target, vectorsAtATime } from '../target.js';
import { SourceRows } from './sourceRows.js';
import { loadPointers, type SourceShape } from './stage.js';

export interface UpsamplingShape {
  readonly source: SourceShape;
  /** Whether each pixel is one of the source, and not a mean of four. */
  readonly isNearest: boolean;
  readonly height: number;
  readonly width: number;
  readonly rowsPerItem: number;
  /** Most source rows that an item reads. */
  readonly reach: number;
}

/**
 * Of each row of the result, and then of each column: numbers of the two rows, or where in a row the two pixels begin, in
 * bytes; and the weight of the second, float32. It lies at `weights`.
 */
export const SAMPLE_BYTES = 12;

export interface UpsamplingStage {
  readonly stage: FunctionHandle;
  readonly scratchBytes: number;
}

/**
 * Stage, so many rows of the result per work item. Two rows of the source become one of means, in scratch memory, and then its
 * pixels; the nearest of one row are copied.
 */
export function emitUpsampling(
  module: ModuleWriter,
  target: Target,
  shape: UpsamplingShape,
): UpsamplingStage {
  const { source, isNearest, height, width, rowsPerItem, reach } = shape;
  const rows = new SourceRows(module, target, source);
  const { channels } = source.row;
  const blend = isNearest ? null : emitBlend(module, target, rows.pitch / 4);
  const pixels = emitPixels(module, target, { isNearest, width, channels });
  const lineBytes = isNearest ? 0 : rows.pitch;
  const key = `upsample ${JSON.stringify([target.fma, target.joins, shape])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const p = loadPointers(f, args);
    const [y, last, first, end, entry, line, dst] = f.locals('i32', 7);
    const sampleOf = (row: Code) => i32.add(p.weights.value, i32.mul(row, i32.const(SAMPLE_BYTES)));
    f.emit(y.set(i32.mul(item.value, i32.const(rowsPerItem))));
    f.emit(last.set(i32.add(y.value, i32.const(rowsPerItem))));
    f.emit(last.set(i32.min(last.value, i32.const(height))));
    f.emit(first.set(i32.load(sampleOf(y.value))));
    f.emit(end.set(i32.load(sampleOf(i32.sub(last.value, i32.const(1))), 4)));
    f.emit(end.set(i32.add(end.value, i32.const(1))));
    const made = i32.add(scratch.value, i32.const(lineBytes));
    const base = rows.emitRows(f, p, made, first, end);
    const rowAt = (offset: number) =>
      i32.add(base.value, i32.mul(i32.load(entry.value, offset), i32.const(rows.pitch)));
    f.for(y, y.value, last.value, 1, () => {
      f.emit(entry.set(sampleOf(y.value)));
      if (blend === null) f.emit(line.set(rowAt(0)));
      else {
        f.call(blend, scratch.value, rowAt(0), rowAt(4), entry.value);
        f.emit(line.set(scratch.value));
      }
      const offset = i32.mul(y.value, i32.const(width * channels * 4));
      f.emit(dst.set(i32.add(p.out.value, offset)));
      f.call(pixels, dst.value, line.value, sampleOf(i32.const(height)));
    });
  });
  return { stage, scratchBytes: lineBytes + rows.bytes(reach) };
}

/** `(dst, a, b, sample)`: means of two rows of so many floats, by the sample's weight. */
function emitBlend(module: ModuleWriter, target: Target, floats: number): FunctionHandle {
  const key = `blend ${JSON.stringify([target.fma, target.joins, floats])}`;
  return module.define(key, ['i32', 'i32', 'i32', 'i32'], (f, dst, a, b, sample) => {
    const [first, second] = f.locals('v128', 2);
    emitWeights(f, sample, { first, second });
    emitWeightedMeans(f, target, { dst, a, b }, { first, second }, floats);
  });
}

interface Weights {
  readonly first: Local;
  readonly second: Local;
}

function emitWeights(f: FunctionWriter, sample: Local, { first, second }: Weights): void {
  f.emit(second.set(v128.load32Splat(sample.value, 8)));
  f.emit(first.set(f32x4.sub(f.constant(f32x4.splat(1)), second.value)));
}

/** Moves the pointers behind the floats. */
function emitWeightedMeans(
  f: FunctionWriter,
  target: Target,
  { dst, a, b }: Readonly<Record<'dst' | 'a' | 'b', Local>>,
  { first, second }: Weights,
  floats: number,
): void {
  const vectors = vectorsAtATime(target, floats);
  const values = f.locals('v128', vectors);
  f.repeat(f.local('i32'), floats, 4 * vectors, () => {
    for (const [v, value] of values.entries()) {
      const left = f32x4.mul(v128.load(a.value, 16 * v), first.value);
      f.emit(value.set(multiplyAdd(target, v128.load(b.value, 16 * v), second.value, left)));
    }
    storeSideBySide(f, dst, values, 0);
    for (const pointer of [dst, a, b]) {
      f.emit(pointer.set(i32.add(pointer.value, i32.const(16 * vectors))));
    }
  });
}

interface PixelShape {
  readonly isNearest: boolean;
  readonly width: number;
  readonly channels: number;
}

/** `(dst, line, samples)`: the pixels of a row. */
function emitPixels(module: ModuleWriter, target: Target, shape: PixelShape): FunctionHandle {
  const { isNearest, width, channels } = shape;
  const key = `upsampled pixels ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, ['i32', 'i32', 'i32'], (f, dst, line, sample) => {
    const [x, a, b] = f.locals('i32', 3);
    const [first, second] = f.locals('v128', 2);
    const pixelAt = (offset: number) => i32.add(line.value, i32.load(sample.value, offset));
    f.repeat(x, width, 1, () => {
      f.emit(a.set(pixelAt(0)));
      if (isNearest) emitMove(f, a, dst, channels);
      else {
        f.emit(b.set(pixelAt(4)));
        emitWeights(f, sample, { first, second });
        emitWeightedMeans(f, target, { dst, a, b }, { first, second }, channels);
      }
      f.emit(sample.set(i32.add(sample.value, i32.const(SAMPLE_BYTES))));
    });
  });
}
