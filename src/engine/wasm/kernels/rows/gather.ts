import { i32, v128 } from '../../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import { STAGE } from '../stageArguments.js';
import { multiplyAdd, storeSideBySide, type Target, vectorsAtATime } from '../target.js';
import { SourceRows } from './sourceRows.js';
import { loadPointers, type SourceShape } from './stage.js';

export interface GatherShape {
  readonly source: SourceShape;
  /** Of the result. */
  readonly height: number;
  readonly width: number;
  /** Most rows that one of the result is made of. */
  readonly reach: number;
}

/**
 * Of each row of the result, and then of each column: the first row that it is made of, or where in a row the first such pixel
 * begins, in bytes; how many; and where their weights begin, in bytes from the table's start. It lies at `weights`.
 */
export const GATHER_BYTES = 12;

/** Stage, one work item per row of the result: weighted sums of rows of the source, in scratch memory, and then of their pixels. */
export function emitGather(
  module: ModuleWriter,
  target: Target,
  shape: GatherShape,
): { readonly stage: FunctionHandle; readonly scratchBytes: number } {
  const { source, height, width, reach } = shape;
  const rows = new SourceRows(module, target, source);
  const pixel = source.row.channels * 4;
  const line = rows.pitch;
  const sumRows = emitWeightedSum(module, target, line / 4, line);
  const sumPixels = emitWeightedSum(module, target, source.row.channels, pixel);
  const key = `gather ${JSON.stringify([target.fma, target.joins, shape])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const p = loadPointers(f, args);
    const [first, end, entry, weights, dst] = f.locals('i32', 5);
    const takeEntry = () => {
      const at = i32.load(entry.value, 8);
      f.emit(weights.set(i32.add(p.weights.value, at)));
    };
    const start = i32.mul(item.value, i32.const(GATHER_BYTES));
    f.emit(entry.set(i32.add(p.weights.value, start)), first.set(i32.load(entry.value)));
    f.emit(end.set(i32.add(first.value, i32.load(entry.value, 4))));
    takeEntry();
    const made = i32.add(scratch.value, i32.const(line));
    const base = rows.emitRows(f, p, made, first, end);
    const from = i32.add(base.value, i32.mul(first.value, i32.const(line)));
    f.call(sumRows, scratch.value, from, i32.load(entry.value, 4), weights.value);
    f.emit(dst.set(i32.add(p.out.value, i32.mul(item.value, i32.const(width * pixel)))));
    f.emit(entry.set(i32.add(p.weights.value, i32.const(height * GATHER_BYTES))));
    f.repeat(f.local('i32'), width, 1, () => {
      takeEntry();
      const pixels = i32.add(scratch.value, i32.load(entry.value));
      f.call(sumPixels, dst.value, pixels, i32.load(entry.value, 4), weights.value);
      f.advance(dst, pixel);
      f.advance(entry, GATHER_BYTES);
    });
  });
  return { stage, scratchBytes: line + rows.bytes(reach) };
}

/** `(dst, src, count, weights)`: the sum of `count` vectors of so many floats, which lie `stride` bytes apart, each times a weight. */
function emitWeightedSum(
  module: ModuleWriter,
  target: Target,
  floats: number,
  stride: number,
): FunctionHandle {
  const key = `weighted sum ${JSON.stringify([target.fma, target.joins, floats, stride])}`;
  return module.define(key, ['i32', 'i32', 'i32', 'i32'], (f, dst, src, count, weights) => {
    const vectors = vectorsAtATime(target, floats);
    const sums = f.locals('v128', vectors);
    const [at, weight, i] = f.locals('i32', 3);
    const factor = f.local('v128');
    f.repeat(f.local('i32'), floats, 4 * vectors, () => {
      for (const sum of sums) f.emit(sum.set(v128.zero));
      f.emit(at.set(src.value), weight.set(weights.value));
      f.for(i, i32.const(0), count.value, 1, () => {
        f.emit(factor.set(v128.load32Splat(weight.value)));
        for (const [v, sum] of sums.entries()) {
          f.emit(
            sum.set(multiplyAdd(target, v128.load(at.value, 16 * v), factor.value, sum.value)),
          );
        }
        f.advance(at, stride);
        f.advance(weight, 4);
      });
      storeSideBySide(f, dst, sums, 0);
      for (const pointer of [dst, src]) f.advance(pointer, 16 * vectors);
    });
  });
}
