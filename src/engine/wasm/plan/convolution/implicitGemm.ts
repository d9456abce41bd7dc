import { align, newBuffer } from '../../../shared/arena.js';
import { emitImplicitGemm, type Phase } from '../../kernels/gemm/implicitGemm.js';
import type { ConvolutionStage } from '../lower.js';
import { paddedChannels } from '../source.js';
import { type KernelView, kernelView, packedFloats, packPhase } from '../weights.js';
import {
  type Context,
  oneStep,
  outputShape,
  type PlannedConvolution,
  phaseAxis,
  reachOf,
  rowsThatFit,
  sourceOf,
} from './common.js';

/** Input rows in scratch memory stay within the L2 cache, more or less. */
const SCRATCH_BYTES = 640 * 1024;

/** By the book, as products of matrices, phase by phase. */
export function planImplicitGemm(
  stage: ConvolutionStage,
  { module, target }: Context,
): PlannedConvolution {
  const { source, step } = stage;
  const { inStep, rows, cols } = step;
  const outChannels = paddedChannels(step.to.channels);
  const { shape, zerosRight, pitch } = sourceOf(stage);
  const weights = newBuffer(0);
  const fills: ((memory: ArrayBufferLike, kernel: KernelView) => void)[] = [];
  const phases: Phase[] = [];
  for (const row of rows) {
    for (const col of cols) {
      const offset = weights.bytes;
      const floats = packedFloats(row, col, source.channels, outChannels);
      weights.bytes += align(floats * 4);
      phases.push({ rows: phaseAxis(row), cols: phaseAxis(col), weightOffset: offset });
      fills.push((memory, kernel) => {
        const packed = new Float32Array(memory, weights.address + offset, floats);
        packPhase(kernel, row, col, source.channels, outChannels, target, packed);
      });
    }
  }
  const phaseRows = Math.max(...rows.map(({ count }) => count));
  const reach = reachOf(phases.map((phase) => phase.rows));
  const conv = emitImplicitGemm(module, target, {
    source: shape(zerosRight),
    inStep,
    phases,
    out: outputShape(stage),
    rowsPerItem: rowsThatFit(SCRATCH_BYTES, pitch, inStep[0], reach, phaseRows),
  });
  return oneStep(conv, weights, (memory, weight) => {
    const kernel = kernelView(step, weight);
    for (const fill of fills) fill(memory, kernel);
  });
}
