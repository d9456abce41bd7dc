import type { ModuleWriter } from '../../../../emit/module.js';
import type { AxisPhase, PhaseTap } from '../../../../tensor/axisPhase.js';
import { newBuffer } from '../../../shared/arena.js';
import {
  emitGather,
  emitMultiply,
  type FewPixelsPhase,
  type FewPixelsShape,
  gatheredBytes,
  tapBytes,
} from '../../kernels/gemm/fewPixels.js';
import { emitTapPacking, type TapPackingShape } from '../../kernels/gemm/tapPacking.js';
import { evenChunk } from '../chunks.js';
import type { ConvolutionStage } from '../stages.js';
import { kernelShape, kernelStrides } from '../weights.js';
import {
  type Context,
  MAX_PART_BYTES,
  outputShape,
  type Packing,
  type PackingPart,
  type PlannedConvolution,
  phaseAxis,
  sourceOf,
} from './common.js';

/** Many channels and few pixels: threads share output channels, and fetch the weights once. */
export function planFewPixels(
  stage: ConvolutionStage,
  { module, target }: Context,
): PlannedConvolution {
  const { source, step } = stage;
  const { outChannels, inChannels, kernelWidth } = kernelShape(step);
  const { shape: sourceShape, width, zerosRight } = sourceOf(stage);
  const { top, bottom } = source.border;
  const height = top + source.height + bottom;
  const phases: FewPixelsPhase[] = [];
  const taps: number[] = [];
  for (const row of step.rows.map((phase) => withoutIdle(phase, height))) {
    for (const col of step.cols.map((phase) => withoutIdle(phase, width))) {
      const phase = { rows: phaseAxis(row), cols: phaseAxis(col), firstTap: taps.length };
      phases.push(phase);
      for (const { kernel: y } of byOffset(row)) {
        for (const { kernel: x } of byOffset(col)) taps.push(y * kernelWidth + x);
      }
    }
  }
  const shape: FewPixelsShape = {
    source: sourceShape(zerosRight),
    inStep: step.inStep,
    phases,
    out: outputShape(stage),
  };
  const gather = emitGather(module, target, shape);
  const multiply = emitMultiply(module, target, shape);
  const panel = 4 * target.tile.vectors;
  const panels = outChannels / panel;
  const bytes = tapBytes(source.channels, panel);
  return {
    steps: [
      { stage: gather.stage, firstItem: 0, items: gather.items, firstTileRow: 0 },
      { stage: multiply.stage, firstItem: 0, items: multiply.items, firstTileRow: 0 },
    ],
    units: null,
    scratchBytes: Math.max(gather.scratchBytes, multiply.scratchBytes),
    sums: phases.length,
    weights: newBuffer(panels * taps.length * bytes),
    fill: null,
    packing: tapPacking(
      module,
      { strides: kernelStrides(step), taps, inChannels, panel, tapBytes: bytes },
      panels,
      source.channels === inChannels,
    ),
    tiles: newBuffer(gatheredBytes(shape)),
  };
}

function tapPacking(
  module: ModuleWriter,
  shape: TapPackingShape,
  panels: number,
  isComplete: boolean,
): Packing {
  const { strides, taps, inChannels, panel, tapBytes } = shape;
  const stage = emitTapPacking(module, shape);
  const packing = { stage, items: panels, isComplete };
  const byInput = strides.in > strides.out;
  // What lies one behind the other: input channels, or panels of output channels.
  const [count, size] = byInput ? [inChannels, strides.in] : [panels, panel * strides.out];
  if (count * size * 4 <= MAX_PART_BYTES) return packing;
  const most = evenChunk(count, Math.floor(MAX_PART_BYTES / (size * 4)));
  const parts = Array.from({ length: Math.ceil(count / most) }, (_, i): PackingPart => {
    const first = i * most;
    const own = Math.min(most, count - first);
    return byInput
      ? {
          stage: emitTapPacking(module, { ...shape, inChannels: own }),
          items: panels,
          size: own * size,
          offset: first * panel * 4,
        }
      : { stage, items: own, size: own * size, offset: first * taps.length * tapBytes };
  });
  return { ...packing, parts };
}

function byOffset({ taps }: AxisPhase): PhaseTap[] {
  return taps.toSorted((a, b) => a.offset - b.offset);
}

/** A phase of the taps alone that some output reads inside the picture: around the last pixel of a U-Net, four of sixteen. */
function withoutIdle(phase: AxisPhase, size: number): AxisPhase {
  const { count, inStep } = phase;
  const isRead = ({ offset }: PhaseTap) =>
    Array.from({ length: count }, (_, i) => i * inStep + offset).some(
      (place) => place >= 0 && place < size,
    );
  return { ...phase, taps: phase.taps.filter(isRead) };
}
