import type { GraphNode } from '../../../../graph/graph.js';
import type {
  DivideStep,
  GatherStep,
  LinearStep,
  MaximaStep,
  PoolStep,
  UpsampleStep,
} from '../../../shared/fuse/steps.js';
import type { Lowering } from '../lowering.js';
import type { RowStep } from '../stages.js';

/** What goes through its source row by row. */
export function lowerRows(lowering: Lowering, step: RowStep, node: GraphNode | null): void {
  const [source, to] = [lowering.source(step.source), lowering.store(step.to)];
  const seed = step.kind === 'dropout' ? lowering.flat(step.seed) : null;
  lowering.stages.push({ kind: 'rows', node, step, source, to, seed });
}

export function lowerDivide(lowering: Lowering, step: DivideStep, node: GraphNode | null): void {
  const other = lowering.pixels(step.divisor);
  const source = { ...lowering.source(step.source), other };
  const to = lowering.store(step.to);
  lowering.stages.push({ kind: 'rows', node, step, source, to, seed: null });
}

export function lowerLinear(lowering: Lowering, step: LinearStep, node: GraphNode | null): void {
  const [source, to] = [lowering.source(step.source), lowering.store(step.to)];
  lowering.stages.push({ kind: 'linear', node, step, source, to });
}

export function lowerUpsample(
  lowering: Lowering,
  step: UpsampleStep,
  node: GraphNode | null,
): void {
  const [source, to] = [lowering.source(step.source), lowering.store(step.to)];
  lowering.stages.push({ kind: 'upsample', node, step, source, to });
}

export function lowerGather(lowering: Lowering, step: GatherStep, node: GraphNode | null): void {
  const [source, to] = [lowering.source(step.source), lowering.store(step.to)];
  lowering.stages.push({ kind: 'gather', node, step, source, to });
}

export function lowerPool(lowering: Lowering, step: PoolStep, node: GraphNode | null): void {
  const [source, to] = [lowering.source(step.source), lowering.store(step.to)];
  lowering.stages.push({ kind: 'pool', node, step, source, to });
}

export function lowerMaxima(lowering: Lowering, step: MaximaStep, node: GraphNode | null): void {
  const [source, gradient] = [lowering.source(step.source), lowering.pixels(step.gradient)];
  const to = lowering.store(step.to);
  lowering.stages.push({ kind: 'maxima', node, step, source, gradient, to });
}
