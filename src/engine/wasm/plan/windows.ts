import type { FunctionHandle, ModuleWriter } from '../../../emit/module.js';
import type { AxisSamples } from '../../../tensor/upsample.js';
import { type Buffer, newBuffer } from '../../shared/arena.js';
import { emitPool } from '../kernels/rows/pooling.js';
import type { SourceShape } from '../kernels/rows/stage.js';
import { emitUpsampling, SAMPLE_BYTES } from '../kernels/rows/upsampling.js';
import type { Target } from '../kernels/target.js';
import { balancedChunk } from './chunks.js';
import { type Machine, rowShape } from './convolution/common.js';
import type { PoolStage, UpsampleStage } from './lower.js';
import type { Source } from './source.js';

/** Steps other than convolutions whose outputs are each made of a few pixels around a place of the source. */

export interface PlannedWindow {
  readonly stage: FunctionHandle;
  readonly items: number;
  readonly scratchBytes: number;
  /** What the stage looks up, if it does, and what writes it, once. */
  readonly tables: Buffer | null;
  readonly fill: ((memory: ArrayBufferLike) => void) | null;
}

/** Most rows an item, of the result and of its source in scratch memory, so that these stay in the L2 cache. */
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

/** Rows of the result an item. */
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
      const view = new DataView(memory, tables.address, tables.bytes);
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
