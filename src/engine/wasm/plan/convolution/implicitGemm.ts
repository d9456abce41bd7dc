import type { ModuleWriter } from '../../../../emit/module.js';
import { align, newBuffer } from '../../../shared/arena.js';
import { emitImplicitGemm, type Phase } from '../../kernels/gemm/implicitGemm.js';
import { emitTapPacking } from '../../kernels/gemm/tapPacking.js';
import type { Target } from '../../kernels/target.js';
import type { WritableMemory } from '../../writableMemory.js';
import { paddedChannels } from '../source.js';
import type { ConvolutionStage } from '../stages.js';
import {
  type KernelView,
  kernelShape,
  kernelStrides,
  kernelView,
  packedFloats,
  packPhase,
} from '../weights.js';
import {
  type Context,
  oneStep,
  outputShape,
  type Packing,
  type PlannedConvolution,
  phaseAxis,
  reachOf,
  rowsThatFit,
  sourceOf,
  unitsByRows,
  type WeightWriter,
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
  const fills: ((memory: WritableMemory, kernel: KernelView) => void)[] = [];
  const phases: Phase[] = [];
  for (const row of rows) {
    for (const col of cols) {
      const offset = weights.bytes;
      const floats = packedFloats(row, col, source.channels, outChannels);
      weights.bytes += align(floats * 4);
      phases.push({ rows: phaseAxis(row), cols: phaseAxis(col), weightOffset: offset });
      fills.push((memory, kernel) => {
        const packed = memory.floats(weights.address + offset, floats);
        packPhase(kernel, row, col, source.channels, outChannels, target, packed);
      });
    }
  }
  const phaseRows = Math.max(...rows.map(({ count }) => count));
  const reach = reachOf(phases.map((phase) => phase.rows));
  const rowsPerItem = rowsThatFit(SCRATCH_BYTES, pitch, inStep[0], reach, phaseRows);
  const conv = emitImplicitGemm(module, target, {
    source: shape(zerosRight),
    inStep,
    phases,
    out: outputShape(stage),
    rowsPerItem,
  });
  const fill: WeightWriter = (memory, weight) => {
    const kernel = kernelView(step, weight);
    for (const fill of fills) fill(memory, kernel);
  };
  const planned = oneStep(conv, weights, fill, unitsByRows(stage, rowsPerItem));
  const runPacking = phases.length === 1 ? packingOf(stage, module, target) : null;
  return runPacking === null ? planned : { ...planned, runPacking };
}

/** Machine code that packs one phase of whole panels; `null` for others. */
function packingOf(
  { source, step }: ConvolutionStage,
  module: ModuleWriter,
  target: Target,
): Packing | null {
  const { groups, inChannels, outChannels, kernelHeight, kernelWidth } = kernelShape(step);
  const panel = 4 * target.tile.vectors;
  if (groups > 1 || inChannels !== source.channels || outChannels % panel > 0) return null;
  const count = kernelHeight * kernelWidth;
  const taps = Array.from({ length: count }, (_, i) => (step.isAdjoint ? count - 1 - i : i));
  const strides = kernelStrides(step);
  const tapBytes = inChannels * panel * 4;
  return {
    stage: emitTapPacking(module, { strides, taps, inChannels, panel, tapBytes }),
    items: outChannels / panel,
    isComplete: true,
  };
}
