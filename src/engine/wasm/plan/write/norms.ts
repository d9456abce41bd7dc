import type { Buffer } from '../../../shared/arena.js';
import { isFlatValue } from '../../../shared/fuse/flatValue.js';
import type { NormGradientStep, NormStep } from '../../../shared/fuse/steps.js';
import { COPY_STAGE_ARGS, emitSums, SUMS_ARGS } from '../../kernels/rows/copy.js';
import { emitGradientSums, gradientSumsStageScratch } from '../../kernels/rows/gradientSums.js';
import {
  emitJoinSums,
  emitNorm,
  emitVariance,
  JOIN_SUMS_ARGS,
  NORM_ARGS,
  type NormShape,
  normScratch,
  partialBytes,
  VARIANCE_ARGS,
} from '../../kernels/rows/norm.js';
import { emitNormGradient, NORM_GRADIENT_ARGS } from '../../kernels/rows/normGradient.js';
import { NORM_ROWS } from '../../kernels/rows/operations.js';
import { emitMerge, emitScale, MERGE_ARGS, SCALE_ARGS } from '../../kernels/rows/scale.js';
import { inOrder } from '../../kernels/stageArguments.js';
import { floatsAt } from '../../writableMemory.js';
import type { Argument } from '../assembly.js';
import { rowShape } from '../convolution/common.js';
import { paddedChannels } from '../source.js';
import type {
  ConstantNormFactors,
  GradientSumsStage,
  JoinSumsStage,
  MergeStage,
  NormGradientStage,
  NormStage,
  ScaleStage,
  SumsStage,
  VarianceStage,
} from '../stages.js';
import type { NodeOf, StageWriter } from '../stageWriter.js';
import { elementsOf } from '../weights.js';
import { sourceArguments } from './arguments.js';

export function writeConstantNorm(
  writer: StageWriter,
  { buffer, channels, norm }: ConstantNormFactors,
): void {
  writer.fixed.push(buffer);
  const { weight, bias, mean, variance, eps } = norm;
  writer.fills.push({
    reads: [weight, bias, mean, variance].filter((id) => id !== null),
    apply: (memory, tensorOf) => {
      const rows = floatsAt(memory, buffer);
      const scales = weight === null ? null : elementsOf(tensorOf(weight));
      const shifts = bias === null ? null : elementsOf(tensorOf(bias));
      const [means, variances] = [mean, variance].map((id) => elementsOf(tensorOf(id)));
      for (let c = 0; c < means.length; c++) {
        rows[NORM_ROWS.meanHigh * channels + c] = means[c];
        rows[NORM_ROWS.scale * channels + c] = (scales?.[c] ?? 1) / Math.sqrt(variances[c] + eps);
        rows[NORM_ROWS.shift * channels + c] = shifts?.[c] ?? 0;
      }
    },
  });
}

/** What the kernels of a norm by a value's own statistics, and of its gradient, are specialised for. */
function normShape(
  { sums, perGroup, eps, correction, epsOutside }: NormStep | NormGradientStep,
  partials: Buffer,
): NormShape {
  const { channels: planes, count } = sums;
  const channels = paddedChannels(planes);
  const items = partials.bytes / partialBytes(channels);
  return { planes, channels, perGroup, count, items, eps, correction, epsOutside };
}

export function writeSums(writer: StageWriter, stage: SumsStage & NodeOf): void {
  const { source, partials } = stage;
  const { width, height, channels } = source;
  partials.bytes = height * partialBytes(channels);
  const handle = emitSums(writer.module, { width, channels });
  writer.add(stage, handle, height, inOrder(SUMS_ARGS, { src: source.buffer, partials }));
}

/** Each value's partial sums become one item's. */
export function writeJoinSums(writer: StageWriter, stage: JoinSumsStage & NodeOf): void {
  const { partials, to } = stage;
  const channels = paddedChannels(stage.channels);
  const bytes = partialBytes(channels);
  to.bytes = partials.length * bytes;
  for (const [i, part] of partials.entries()) {
    const handle = emitJoinSums(writer.module, { channels, items: part.bytes / bytes });
    const place = { buffer: to, offset: i * bytes };
    writer.add(
      stage,
      handle,
      1,
      inOrder<(typeof JOIN_SUMS_ARGS)[number], Argument>(JOIN_SUMS_ARGS, {
        partials: part,
        to: place,
      }),
    );
  }
}

export function writeNorm(writer: StageWriter, stage: NormStage & NodeOf): void {
  const { step, partials, norm } = stage;
  const shape = normShape(step, partials);
  writer.needScratch(normScratch(shape));
  const weight = writer.vector(step.weight, 1, shape.channels);
  const bias = writer.vector(step.bias, 0, shape.channels);
  const args = inOrder(NORM_ARGS, { partials, weight, bias, norm });
  writer.add(stage, emitNorm(writer.module, shape), 1, args);
}

export function writeVariance(writer: StageWriter, stage: VarianceStage & NodeOf): void {
  const { step, partials, to } = stage;
  const { sums, correction } = step;
  const channels = paddedChannels(sums.channels);
  const items = partials.bytes / partialBytes(channels);
  const shape = { channels, count: sums.count, items, correction };
  writer.needScratch(normScratch(shape));
  const args = inOrder(VARIANCE_ARGS, { partials, variance: to });
  writer.add(stage, emitVariance(writer.module, shape), 1, args);
}

export function writeMerge(writer: StageWriter, stage: MergeStage & NodeOf): void {
  const { a, b, norm, step } = stage;
  const channels = paddedChannels(step.to.channels);
  const handle = emitMerge(writer.module, { channels, operation: step.operation });
  writer.add(stage, handle, 1, inOrder(MERGE_ARGS, { a, b, norm }));
}

export function writeScale(writer: StageWriter, stage: ScaleStage & NodeOf): void {
  const { step, factors, by, norm } = stage;
  const planes = step.to.channels;
  const channels = paddedChannels(planes);
  const size = isFlatValue(step.by) ? step.by.size : step.by.channels;
  const [operation, hasFactors, isOne] = [step.operation, factors !== null, size === 1];
  const shape = { planes, channels, operation, hasFactors, isOne };
  const args = inOrder(SCALE_ARGS, { factors, by, norm });
  writer.add(stage, emitScale(writer.module, shape), 1, args);
}

export function writeGradientSums(writer: StageWriter, stage: GradientSumsStage & NodeOf): void {
  const { source, of, norm: ofNorm, partials } = stage;
  const { height, channels } = source;
  const row = rowShape(source, [0, 0], false);
  const shape = { row, height, top: 0, window: null, rows: height };
  partials.bytes = height * partialBytes(channels);
  writer.needScratch(gradientSumsStageScratch(shape));
  const handle = emitGradientSums(writer.module, writer.target, shape);
  const places = { ...sourceArguments(source), dst: null, of, ofNorm, partials };
  writer.add(stage, handle, height, inOrder(COPY_STAGE_ARGS, places));
}

export function writeNormGradient(writer: StageWriter, stage: NormGradientStage & NodeOf): void {
  const { step, partials, norm, factors } = stage;
  const shape = normShape(step, partials);
  writer.needScratch(normScratch(shape));
  const args = inOrder(NORM_GRADIENT_ARGS, { partials, norm, factors });
  writer.add(stage, emitNormGradient(writer.module, shape), 1, args);
}
