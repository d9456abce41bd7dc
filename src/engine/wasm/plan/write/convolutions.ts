import type { Tensor } from '../../../../tensor/tensor.js';
import type { Buffer } from '../../../shared/arena.js';
import { partialBytes } from '../../kernels/rows/norm.js';
import { CONV_ARGS } from '../../kernels/rows/stage.js';
import { inOrder } from '../../kernels/stageArguments.js';
import type { WritableMemory } from '../../writableMemory.js';
import type { Argument } from '../assembly.js';
import type { PlannedConvolution } from '../convolution/common.js';
import { planConvolution } from '../convolution/index.js';
import { type PlannedMember, type Shifts, UNSHIFTED } from '../plannedMember.js';
import { inBands, joinUnits, overlayDistance, type PlannedStep } from '../rowUnits.js';
import { packInRun } from '../runPacking.js';
import { behindArguments, paddedChannels } from '../source.js';
import type { ConvolutionStage } from '../stages.js';
import type { NodeOf, StageWriter } from '../stageWriter.js';
import type { WeightGradientStage } from '../weightGradient/common.js';
import { planWeightGradient } from '../weightGradient/index.js';
import { shifted, sourceArguments } from './arguments.js';

export function writeConvolution(writer: StageWriter, stage: ConvolutionStage & NodeOf): void {
  const planned = planConvolutionMember(writer, stage);
  const steps = overlayConvolution(writer, stage, planned);
  for (const step of steps) writer.addStep(stage, step, planned.argsOf(step, UNSHIFTED));
}

/** The steps of a convolution: by bands of rows, if its result may take the place of its source. */
function overlayConvolution(
  writer: StageWriter,
  stage: ConvolutionStage,
  { steps, units }: PlannedMember,
) {
  const { isLastReader, source, result, step, planar } = stage;
  if (!writer.isOverlaid || !isLastReader || units === null || planar !== null) return steps;
  const banded = inBands(units, writer.machine.threads);
  const rowBytes = {
    source: source.width * source.channels * 4,
    result: step.to.width * paddedChannels(step.to.channels) * 4,
  };
  writer.overlays.push({
    source: source.buffer,
    result,
    distance: overlayDistance(source, banded, rowBytes),
    firstStep: writer.steps.length,
    lastStep: writer.steps.length + banded.flatMap(joinUnits).length - 1,
  });
  return banded.flatMap(joinUnits);
}

export function planConvolutionMember(
  writer: StageWriter,
  stage: ConvolutionStage & NodeOf,
): PlannedMember {
  const { step, source, result, planar, partials, keep } = stage;
  const channels = paddedChannels(step.to.channels);
  const planned = planConvolution(stage, writer.module, writer.target, writer.machine);
  const { tiles } = planned;
  const weights = writer.weights.areChanging
    ? packEachRun(writer, stage, planned)
    : packBeforehand(writer, step.weight, planned);
  if (tiles !== null) writer.temporaries.push(tiles);
  writer.needScratch(planned.scratchBytes);
  if (partials !== null) partials.bytes = planned.sums * partialBytes(channels);
  const bias = writer.vector(step.bias, 0, channels);
  const behind = behindArguments(source.parts?.[1] ?? null);
  const shared = { ...sourceArguments(source), ...behind, keep, weights, bias, partials, tiles };
  const argsOf = ({ firstTileRow }: PlannedStep, shifts: Shifts) => {
    const out = shifted(planar ?? result, shifts.result);
    return inOrder<(typeof CONV_ARGS)[number], Argument>(CONV_ARGS, {
      ...shared,
      out,
      firstTileRow,
    });
  };
  return { steps: planned.steps, units: planned.units, argsOf };
}

/** When weights change, and not in a run. */
function packBeforehand(
  writer: StageWriter,
  weight: number,
  { weights, packing, fill }: PlannedConvolution,
): Buffer {
  writer.fixed.push(weights);
  if (fill !== null) {
    const apply = (memory: WritableMemory, tensorOf: (id: number) => Tensor) =>
      fill(memory, tensorOf(weight));
    writer.fills.push({ reads: [weight], apply });
  }
  if (packing === null) return weights;
  const {
    stage,
    items,
    parts = [{ stage, items, size: writer.weights.sizeOf(weight), offset: 0 }],
  } = packing;
  for (const [i, { offset, ...part }] of parts.entries()) {
    writer.packings.push({ ...part, weight, isFirst: i === 0, to: { buffer: weights, offset } });
  }
  return weights;
}

/** Before the convolution; for those of a batch's pictures, which follow each other, once. */
function packEachRun(
  writer: StageWriter,
  stage: ConvolutionStage & NodeOf,
  planned: PlannedConvolution,
): Buffer {
  const { weight } = stage.step;
  const home = writer.home(weight);
  const how = (planned.packing ?? planned.runPacking)?.stage ?? null;
  const last = writer.lastPacked;
  if (how !== null && last?.home === home && last.how === how) return last.weights;
  writer.lastPacked = { home, how, weights: planned.weights };
  const shape = writer.weights.shapeOf(weight);
  const packing = packInRun(planned, { home, shape }, writer.module);
  writer.fixed.push(...packing.fixed);
  writer.temporaries.push(...packing.temporaries);
  if (packing.fill !== null) writer.fills.push({ reads: [], apply: packing.fill });
  writer.add(stage, packing.stage, packing.items, packing.args);
  return planned.weights;
}

export function writeWeightGradient(
  writer: StageWriter,
  stage: WeightGradientStage & NodeOf,
): void {
  const planned = planWeightGradient(stage, writer.module, writer.target, writer.machine);
  writer.temporaries.push(...planned.temporaries);
  writer.needScratch(planned.scratchBytes);
  for (const { stage: handle, items, args } of planned.steps) {
    writer.add(stage, handle, items, args);
  }
}
