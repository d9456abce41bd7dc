import { newBuffer } from '../../../shared/arena.js';
import {
  defineTall,
  TALL_OUTPUTS,
  TALL_PRODUCTS,
  tallParts,
  tallProduct,
} from '../../kernels/tall.js';
import { defineTallKernels } from '../../kernels/tallKernels.js';
import type { ConvolutionStage } from '../lower.js';
import { busily } from '../portions.js';
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
  const down = Math.ceil(step.to.height / TALL_OUTPUTS);
  const shape = {
    source: sourceShape(zerosRight),
    kernelHeight,
    kernelWidth,
    first: [phaseAxis(step.rows[0]).first, phaseAxis(step.cols[0]).first] as const,
    out: outputShape(stage),
    narrowChannels: method.isNarrow ? outChannels : null,
    groups,
    tileRows: busily(down, TILE_ROWS, [1], threads, SHARED_INPUT),
  };
  const { n, depth } = tallProduct(shape);
  const { stage: handle, items, scratchBytes } = defineTall(module, target, shape);
  const channels = { outChannels, perGroup: step.weightShape[1] };
  return {
    steps: [{ stage: handle, items, firstTileRow: 0 }],
    scratchBytes,
    sums: down,
    weights: newBuffer(TALL_PRODUCTS * tallParts(shape) * depth * n * 4),
    fill: null,
    packing: { stage: defineTallKernels(module, target, shape, channels), items: outChannels },
    tiles: null,
  };
}
