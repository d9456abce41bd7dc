import type { FunctionHandle, ModuleWriter } from '../../../emit/module.js';
import type { AxisAdjoint } from '../../../tensor/training/axisAdjoint.js';
import type { MaxWindow } from '../../../tensor/training/scatterToMaxima.js';
import type { AxisSamples } from '../../../tensor/upsample.js';
import { type Buffer, newBuffer } from '../../shared/arena.js';
import { emitGather, GATHER_BYTES } from '../kernels/rows/gather.js';
import { emitMaxima, WINDOW_BYTES } from '../kernels/rows/maxima.js';
import { emitPool } from '../kernels/rows/pooling.js';
import type { SourceShape } from '../kernels/rows/stage.js';
import { emitUpsampling, SAMPLE_BYTES } from '../kernels/rows/upsampling.js';
import type { Target } from '../kernels/target.js';
import type { WritableMemory } from '../writableMemory.js';
import { balancedChunk } from './chunks.js';
import { type Machine, rowShape } from './convolution/common.js';
import type { Source } from './source.js';
import type { GatherStage, MaximaStage, PoolStage, UpsampleStage } from './stages.js';

/** Steps other than convolutions whose outputs are each made of a few pixels around a place of the source. */

export interface PlannedWindow {
  readonly stage: FunctionHandle;
  readonly items: number;
  readonly scratchBytes: number;
  /** What the stage looks up, if it does, and what writes it, once. */
  readonly tables: Buffer | null;
  readonly fill: ((memory: WritableMemory) => void) | null;
}

/** Most rows per work item, of the result and of its source in scratch memory, so that these stay in the L2 cache. */
const MAX_ITEM_ROWS = 32;
const MAX_ITEM_BYTES = 256 * 1024;

function sourceShape(source: Source): SourceShape {
  const { height, border } = source;
  return {
    row: rowShape(source, [0, 0], false),
    height,
    top: border.top,
    bottom: border.bottom,
    checked: false,
  };
}

/** Rows of the result per work item. */
function itemRows(rows: number, rowBytes: number, { threads }: Machine): number {
  const fitting = Math.max(1, Math.floor(MAX_ITEM_BYTES / rowBytes));
  return balancedChunk({ rows, most: Math.min(MAX_ITEM_ROWS, fitting), threads, extra: 1 });
}

export function planUpsample(
  { source, step }: UpsampleStage,
  module: ModuleWriter,
  target: Target,
  machine: Machine,
): PlannedWindow {
  const { rows, columns, isNearest, to } = step;
  const pixel = source.channels * 4;
  const rowsPerItem = itemRows(to.height, to.width * pixel, machine);
  const items = Math.ceil(to.height / rowsPerItem);
  const reaches = Array.from({ length: items }, (_, item) => {
    const last = Math.min((item + 1) * rowsPerItem, to.height) - 1;
    return rows.second[last] + 1 - rows.first[item * rowsPerItem];
  });
  const { stage, scratchBytes } = emitUpsampling(module, target, {
    source: sourceShape(source),
    isNearest,
    height: to.height,
    width: to.width,
    rowsPerItem,
    reach: Math.max(...reaches),
  });
  const tables = newBuffer((to.height + to.width) * SAMPLE_BYTES);
  return {
    stage,
    items,
    scratchBytes,
    tables,
    fill: (memory) => {
      const view = memory.view(tables.address, tables.bytes);
      writeSamples(view, 0, rows, 1);
      writeSamples(view, to.height * SAMPLE_BYTES, columns, pixel);
    },
  };
}

function writeSamples(
  view: DataView,
  start: number,
  { first, second, weight }: AxisSamples,
  factor: number,
): void {
  for (let i = 0; i < first.length; i++) {
    const at = start + i * SAMPLE_BYTES;
    view.setInt32(at, first[i] * factor, true);
    view.setInt32(at + 4, second[i] * factor, true);
    view.setFloat32(at + 8, weight[i], true);
  }
}

export function planGather(
  { source, step }: GatherStage,
  module: ModuleWriter,
  target: Target,
): PlannedWindow {
  const { rows, columns, to } = step;
  const counts = (axis: AxisAdjoint) =>
    [...axis.first].map((_, i) => axis.start[i + 1] - axis.start[i]);
  const { stage, scratchBytes } = emitGather(module, target, {
    source: sourceShape(source),
    height: to.height,
    width: to.width,
    reach: Math.max(...counts(rows)),
  });
  const entries = to.height + to.width;
  const weights = rows.weights.length + columns.weights.length;
  const tables = newBuffer(entries * GATHER_BYTES + weights * 4);
  return {
    stage,
    items: to.height,
    scratchBytes,
    tables,
    fill: (memory) => {
      const view = memory.view(tables.address, tables.bytes);
      const behind = entries * GATHER_BYTES;
      writeAdjoint(view, { at: 0, weightsAt: behind }, rows, 1);
      const second = { at: to.height * GATHER_BYTES, weightsAt: behind + rows.weights.length * 4 };
      writeAdjoint(view, second, columns, source.channels * 4);
    },
  };
}

function writeAdjoint(
  view: DataView,
  { at, weightsAt }: { readonly at: number; readonly weightsAt: number },
  { first, start, weights }: AxisAdjoint,
  factor: number,
): void {
  for (let i = 0; i < first.length; i++) {
    const entry = at + i * GATHER_BYTES;
    view.setInt32(entry, Math.max(0, first[i]) * factor, true);
    view.setInt32(entry + 4, start[i + 1] - start[i], true);
    view.setInt32(entry + 8, weightsAt + start[i] * 4, true);
  }
  for (const [i, weight] of weights.entries()) view.setFloat32(weightsAt + 4 * i, weight, true);
}

export interface PlannedMaxima {
  readonly stage: FunctionHandle;
  readonly items: number;
  readonly tables: Buffer;
  readonly fill: (memory: WritableMemory) => void;
}

export function planMaxima({ source, step }: MaximaStage, module: ModuleWriter): PlannedMaxima {
  const { height, width, channels } = source;
  const { rows, columns, dilation } = step.windows;
  const sizes = { rows: rows.length, columns: columns.length };
  const { stage, items } = emitMaxima(module, { height, width, channels, dilation, ...sizes });
  const tables = newBuffer((rows.length + columns.length) * WINDOW_BYTES);
  return {
    stage,
    items,
    tables,
    fill: (memory) => {
      const view = memory.view(tables.address, tables.bytes);
      writeWindows(view, 0, rows);
      writeWindows(view, rows.length * WINDOW_BYTES, columns);
    },
  };
}

function writeWindows(view: DataView, start: number, windows: readonly MaxWindow[]): void {
  for (const [i, { first, count }] of windows.entries()) {
    view.setInt32(start + i * WINDOW_BYTES, first, true);
    view.setInt32(start + i * WINDOW_BYTES + 4, count, true);
  }
}

export function planPool(
  { source, step }: PoolStage,
  module: ModuleWriter,
  target: Target,
  machine: Machine,
): PlannedWindow {
  const { reduction, kernel, stride, padding, dilation, to } = step;
  const { left, right } = source.border;
  const width = left + source.width + right;
  const rowsPerItem = itemRows(to.height, stride[0] * width * source.channels * 4, machine);
  const { stage, scratchBytes } = emitPool(module, target, {
    source: sourceShape(source),
    reduction,
    kernel,
    stride,
    padding,
    dilation,
    height: to.height,
    width: to.width,
    rowsPerItem,
  });
  const items = Math.ceil(to.height / rowsPerItem);
  return { stage, items, scratchBytes, tables: null, fill: null };
}
