import { newBuffer } from '../../../shared/arena.js';
import {
  COLUMN_OUTPUTS,
  COLUMN_PRODUCTS,
  columnGemm,
  columnParts,
  emitColumns,
} from '../../kernels/winograd/columns.js';
import { emitColumnWeights } from '../../kernels/winograd/columnWeights.js';
import { balancedChunk } from '../chunks.js';
import type { ConvolutionStage } from '../lower.js';
import { kernelShape } from '../weights.js';
import {
  type Context,
  outputShape,
  type PlannedConvolution,
  phaseAxis,
  SHARED_INPUT,
  sourceOf,
} from './common.js';

/** Rows of tiles per work item: the first one's input rows are made twice. */
const TILE_ROWS = 8;

/** Winograd along the columns of tall kernels. */
export function planColumns(
  stage: ConvolutionStage,
  { module, target, threads }: Context,
): PlannedConvolution {
  const { step, method } = stage;
  const { outChannels, kernelHeight, kernelWidth, groups } = kernelShape(step);
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
    tileRows: balancedChunk({ rows: down, most: TILE_ROWS, threads, extra: SHARED_INPUT }),
  };
  const { n, depth } = columnGemm(shape);
  const { stage: handle, items, scratchBytes } = emitColumns(module, target, shape);
  const channels = { outChannels, perGroup: step.weightShape[1] };
  return {
    steps: [{ stage: handle, items, firstTileRow: 0 }],
    scratchBytes,
    sums: down,
    weights: newBuffer(COLUMN_PRODUCTS * columnParts(shape) * depth * n * 4),
    fill: null,
    packing: { stage: emitColumnWeights(module, target, shape, channels), items: outChannels },
    tiles: null,
  };
}
