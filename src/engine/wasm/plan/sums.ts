import type { FunctionHandle, ModuleWriter } from '../../../emit/module.js';
import type { Buffer } from '../../shared/arena.js';
import { FLAT_ITEM } from '../kernels/flat/elementwise.js';
import {
  emitFlatSum,
  emitRowSum,
  emitTotal,
  FLAT_SUM_ARGS,
  FLAT_SUM_CHANNELS,
  sumBytes,
  TOTAL_ARGS,
} from '../kernels/flat/sums.js';
import { ROW_ARGS, readyRowBytes } from '../kernels/rows/readyRow.js';
import { inOrder } from '../kernels/stageArguments.js';
import type { Target } from '../kernels/target.js';
import { rowShape } from './convolution/common.js';
import type { FlatSumStage, SumStage } from './stages.js';

/** Steps of a stage as the driver goes through them. */
export interface PlannedSteps {
  readonly steps: readonly {
    readonly stage: FunctionHandle;
    readonly items: number;
    readonly args: readonly (Buffer | number | null)[];
  }[];
  readonly scratchBytes: number;
}

/** Elements are added up row by row, and rows by one thread. */
export function planSum(
  { source, isTotal, partials, to }: SumStage,
  module: ModuleWriter,
  target: Target,
): PlannedSteps {
  const { planes, channels, height, buffer: src, norm, other } = source;
  const row = rowShape(source, [0, 0], false);
  const shape = { row, height, top: 0, window: null, rows: height };
  partials.bytes = height * sumBytes(channels);
  const total = emitTotal(module, { planes, channels, items: height, isTotal });
  const rows = inOrder(ROW_ARGS, { src, norm, other, dst: partials, weights: null });
  return {
    steps: [
      { stage: emitRowSum(module, target, shape), items: height, args: rows },
      { stage: total, items: 1, args: inOrder(TOTAL_ARGS, { partials, to }) },
    ],
    scratchBytes: readyRowBytes(shape),
  };
}

/** The same of elements that are no picture. */
export function planFlatSum(
  { from, size, partials, to }: FlatSumStage,
  module: ModuleWriter,
): PlannedSteps {
  const items = Math.ceil(size / FLAT_ITEM);
  partials.bytes = items * sumBytes(FLAT_SUM_CHANNELS);
  const channels = FLAT_SUM_CHANNELS;
  const total = emitTotal(module, { planes: channels, channels, items, isTotal: true });
  const elements = inOrder(FLAT_SUM_ARGS, { source: from, partials, size });
  return {
    steps: [
      { stage: emitFlatSum(module), items, args: elements },
      { stage: total, items: 1, args: inOrder(TOTAL_ARGS, { partials, to }) },
    ],
    scratchBytes: 0,
  };
}
