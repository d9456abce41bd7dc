import { newBuffer } from '../../../shared/arena.js';
import {
  COLUMN_OUTPUTS,
  COLUMN_PRODUCTS,
  columnGemm,
  columnParts,
  columnRows,
  emitColumns,
} from '../../kernels/winograd/columns.js';
import { emitColumnWeights } from '../../kernels/winograd/columnWeights.js';
import { balancedChunk } from '../chunks.js';
import type { ConvolutionStage } from '../stages.js';
import { kernelShape, kernelStrides } from '../weights.js';
import {
  type Context,
  outputShape,
  type PlannedConvolution,
  phaseAxis,
  SHARED_INPUT,
  sourceOf,
  unitsByItem,
} from './common.js';

/** Rows of tiles per work item: the first one's input rows are made twice. */
const TILE_ROWS = 8;
/** The same where few rows are in memory at a time. */
const BANDED_TILE_ROWS = 2;

/** One-dimensional Winograd, along the columns of kernels of more than three rows. */
export function planColumns(
  stage: ConvolutionStage,
  { module, target, threads }: Context,
): PlannedConvolution {
  const { step, method, isBanded } = stage;
  const { outChannels, inChannels, kernelHeight, kernelWidth, groups } = kernelShape(step);
  const { shape: sourceShape, zerosRight } = sourceOf(stage);
  const down = Math.ceil(step.to.height / COLUMN_OUTPUTS);
  const shape = {
    source: sourceShape(zerosRight),
    kernelHeight,
    kernelWidth,
    first: [phaseAxis(step.rows[0]).first, phaseAxis(step.cols[0]).first] as const,
    out: outputShape(stage),
    fewOutputChannels: method.hasFewOutputs ? outChannels : null,
    groups,
    tileRows: balancedChunk({
      rows: down,
      most: isBanded ? BANDED_TILE_ROWS : TILE_ROWS,
      threads,
      extra: SHARED_INPUT,
    }),
  };
  const { n, depth } = columnGemm(shape);
  const { stage: handle, items, scratchBytes } = emitColumns(module, target, shape);
  const whole = { stage: handle, firstItem: 0, items, firstTileRow: 0 };
  const layout = {
    groupIn: inChannels / groups,
    groupOut: outChannels / groups,
    strides: kernelStrides(step),
    isBackwards: step.isAdjoint,
  };
  return {
    steps: [whole],
    units: unitsByItem(whole, (item) => columnRows(shape, item)),
    scratchBytes,
    sums: down,
    weights: newBuffer(COLUMN_PRODUCTS * columnParts(shape) * depth * n * 4),
    fill: null,
    packing: {
      stage: emitColumnWeights(module, target, shape, layout),
      items: outChannels,
      isComplete: false,
    },
    tiles: null,
  };
}
