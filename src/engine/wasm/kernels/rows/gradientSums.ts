import { i32 } from '../../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import { argumentLoads, STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { COPY_STAGE_ARGS } from './copy.js';
import { emitGradientRowSums, gradientSumsScratch } from './gradientRowSums.js';
import { partialBytes } from './norm.js';
import { emitReadyRow, type RowStageShape, readyRowBytes } from './readyRow.js';

/** Bytes of scratch memory of the stage. */
export function gradientSumsStageScratch(shape: RowStageShape): number {
  return readyRowBytes(shape) + gradientSumsScratch(shape.row.channels);
}

/** Stage, one work item per row: partial sums of the gradient of a norm's result, with what is pending. */
export function emitGradientSums(
  module: ModuleWriter,
  target: Target,
  shape: RowStageShape,
): FunctionHandle {
  const { width, channels } = shape.row;
  const sums = emitGradientRowSums(module, target, { width, channels });
  const key = `gradient sums stage ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, STAGE, (f, item, args, scratch) => {
    const { src } = emitReadyRow(f, module, target, shape, { item, args, scratch }, channels);
    const { of, ofNorm, partials } = argumentLoads(args, COPY_STAGE_ARGS);
    const row = i32.mul(item.value, i32.const(width * channels * 4));
    const partial = i32.mul(item.value, i32.const(partialBytes(channels)));
    f.call(
      sums,
      src.value,
      i32.add(of, row),
      ofNorm,
      i32.add(partials, partial),
      i32.add(scratch.value, i32.const(readyRowBytes(shape))),
    );
  });
}
