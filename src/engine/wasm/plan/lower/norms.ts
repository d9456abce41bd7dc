import type { GraphNode } from '../../../../graph/graph.js';
import type { Buffer } from '../../../shared/arena.js';
import { isFlatValue } from '../../../shared/fuse/flatValue.js';
import type {
  GradientSums,
  GradientSumsStep,
  JoinSumsStep,
  MergeStep,
  NormGradientStep,
  NormStep,
  ScaleStep,
  SumsStep,
  VarianceStep,
} from '../../../shared/fuse/steps.js';
import { NORM_GRADIENT_ROWS } from '../../kernels/rows/operations.js';
import type { Lowering } from '../lowering.js';
import type { GradientSumsBuffers } from '../stages.js';

export function lowerSums(
  lowering: Lowering,
  { source, sums }: SumsStep,
  node: GraphNode | null,
): void {
  const partials = lowering.buffer(0);
  lowering.places.set(sums, partials);
  lowering.stages.push({ kind: 'sums', node, source: lowering.source(source), partials });
}

export function lowerJoinSums(
  lowering: Lowering,
  { parts, sums }: JoinSumsStep,
  node: GraphNode | null,
): void {
  const to = lowering.buffer(0);
  lowering.places.set(sums, to);
  const partials = parts.map((part) => lowering.places.get(part) as Buffer);
  lowering.stages.push({ kind: 'joinSums', node, channels: sums.channels, partials, to });
}

export function lowerNorm(lowering: Lowering, step: NormStep, node: GraphNode | null): void {
  const partials = lowering.places.get(step.sums) as Buffer;
  const norm = lowering.factors(step.to);
  lowering.stages.push({ kind: 'norm', node, partials, step, norm });
}

export function lowerVariance(
  lowering: Lowering,
  step: VarianceStep,
  node: GraphNode | null,
): void {
  const [partials, to] = [lowering.places.get(step.sums) as Buffer, lowering.store(step.to)];
  lowering.stages.push({ kind: 'variance', node, step, partials, to });
}

export function lowerScale(lowering: Lowering, step: ScaleStep, node: GraphNode | null): void {
  const factors = step.from === null ? null : (lowering.places.get(step.from) as Buffer);
  const by = isFlatValue(step.by) ? lowering.flat(step.by) : lowering.pixels(step.by);
  const norm = lowering.factors(step.to);
  lowering.stages.push({ kind: 'scale', node, step, factors, by, norm });
}

export function lowerMerge(lowering: Lowering, step: MergeStep, node: GraphNode | null): void {
  const [a, b] = [step.a, step.b].map((factors) => lowering.places.get(factors) as Buffer);
  lowering.stages.push({ kind: 'merge', node, step, a, b, norm: lowering.factors(step.to) });
}

export function lowerGradientSums(
  lowering: Lowering,
  step: GradientSumsStep,
  node: GraphNode | null,
): void {
  const source = lowering.source(step.source);
  lowering.stages.push({
    kind: 'gradientSums',
    node,
    source,
    ...placeGradientSums(lowering, step),
  });
}

export function placeGradientSums(
  lowering: Lowering,
  { of, norm, sums }: GradientSums,
): GradientSumsBuffers {
  const partials = lowering.buffer(0);
  lowering.places.set(sums, partials);
  return { of: lowering.pixels(of), norm: lowering.places.get(norm) as Buffer, partials };
}

export function lowerNormGradient(
  lowering: Lowering,
  step: NormGradientStep,
  node: GraphNode | null,
): void {
  const [partials, norm] = [step.sums, step.norm].map((of) => lowering.places.get(of) as Buffer);
  const factors = lowering.factors(step.to, NORM_GRADIENT_ROWS.count);
  lowering.stages.push({ kind: 'normGradient', node, step, partials, norm, factors });
}
