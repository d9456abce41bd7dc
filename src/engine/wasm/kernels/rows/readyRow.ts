import { i32 } from '../../../../emit/code.js';
import type { FunctionWriter, Local, ModuleWriter } from '../../../../emit/module.js';
import { argumentLoads } from '../stageArguments.js';
import type { Target } from '../target.js';
import { COPY_ARGS, type CopyShape, emitSourceRow } from './copy.js';
import { isCopy, rowPixels } from './rows.js';

/** Arguments of such stages: of a copy, and then a weight, if there is one. */
export const ROW_ARGS = [...COPY_ARGS, 'weights'] as const;

/** A stage that goes through a value row by row. */
export interface RowStageShape extends CopyShape {
  /** Rows of the value with its border. */
  readonly rows: number;
}

/** Whether rows are read where they are. */
function isReady(shape: RowStageShape): boolean {
  return isCopy(shape.row) && shape.rows === shape.height;
}

/** Scratch memory for a row, if it has to be made. */
export function readyRowBytes(shape: RowStageShape): number {
  return isReady(shape) ? 0 : rowPixels(shape.row) * shape.row.channels * 4;
}

/**
 * Writes the code that makes row `item` of a value ready, with what was pending and its border: in the thread's scratch memory, or
 * where it is, if nothing is left to do. The stage has `ROW_ARGS`.
 * @param pixel Floats of a pixel of the result.
 * @returns Where the row is, and where that of the result goes.
 */
export function emitReadyRow(
  f: FunctionWriter,
  module: ModuleWriter,
  target: Target,
  shape: RowStageShape,
  { item, args, scratch }: Readonly<Record<'item' | 'args' | 'scratch', Local>>,
  pixel: number,
): { readonly src: Local; readonly dst: Local } {
  const { row } = shape;
  const value = argumentLoads(args, COPY_ARGS);
  const [src, dst] = f.locals('i32', 2);
  if (isReady(shape)) {
    const offset = i32.mul(item.value, i32.const(row.width * row.channels * 4));
    f.emit(src.set(i32.add(value.src, offset)));
  } else {
    emitSourceRow(f, module, target, shape, { item, args, dst: scratch });
    f.emit(src.set(scratch.value));
  }
  const start = i32.mul(item.value, i32.const(rowPixels(row) * pixel * 4));
  f.emit(dst.set(i32.add(value.dst, start)));
  return { src, dst };
}
