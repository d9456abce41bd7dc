import { newBuffer } from '../../../shared/arena.js';
import { emitFewOutputs, fewOutputsWidth } from '../../kernels/gemm/fewOutputs.js';
import { floatsAt } from '../../writableMemory.js';
import type { ConvolutionStage } from '../stages.js';
import { kernelShape, kernelView, packFewOutputs } from '../weights.js';
import {
  type Context,
  oneStep,
  outputShape,
  type PlannedConvolution,
  phaseAxis,
  reachOf,
  rowsThatFit,
  sourceOf,
  unitsByRows,
  type WeightWriter,
} from './common.js';

/** Input rows in scratch memory stay within the L2 cache, more or less. */
const SCRATCH_BYTES = 1536 * 1024;

/** Few output channels: kernel columns are laid side by side. */
export function planFewOutputs(
  stage: ConvolutionStage,
  { module, target }: Context,
): PlannedConvolution {
  const { source, step } = stage;
  const { inStep, rows } = step;
  const { shape, zerosRight, pitch } = sourceOf(stage);
  const { kernelWidth, outChannels } = kernelShape(step);
  const n = fewOutputsWidth(kernelWidth, outChannels);
  const axis = phaseAxis(rows[0]);
  const reach = reachOf([axis]);
  const rowsPerItem = rowsThatFit(SCRATCH_BYTES, pitch, inStep[0], reach, step.to.height);
  const conv = emitFewOutputs(module, target, {
    source: shape(zerosRight),
    rows: axis,
    inStep: inStep[0],
    kernelWidth,
    outChannels,
    out: outputShape(stage),
    rowsPerItem,
  });
  const weights = newBuffer(axis.taps * source.channels * n * 4);
  const fill: WeightWriter = (memory, weight) => {
    const kernel = kernelView(step, weight);
    packFewOutputs(kernel, rows[0], source.channels, n, target, floatsAt(memory, weights));
  };
  return oneStep(conv, weights, fill, unitsByRows(stage, rowsPerItem));
}
