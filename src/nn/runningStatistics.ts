import type { GraphBuilder, Value } from '../graph/builder.js';
import { mulOperator } from '../tensor/mul.js';
import { reshapeOperator } from '../tensor/reshape.js';
import { imageShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { jointVarianceOperator } from '../tensor/training/jointVariance.js';
import { sumOperator } from '../tensor/training/sum.js';
import { varianceOperator } from '../tensor/training/variance.js';
import type { Parameter } from './parameter.js';

/** What a norm keeps of the pictures that it has seen in training. */
export interface RunningStatistics {
  /** `[C]` each. */
  readonly mean: Parameter;
  readonly variance: Parameter;
  /** How many batches there were, `[]`; `null` where they are not counted. */
  readonly batches: Parameter | null;
}

/**
 * At the end of a run, running statistics are (1 − momentum) times what they were, and momentum times the mean and the unbiased
 * variance of each channel of `x`, `[N, C, H, W]`: those of each picture, and of these the mean; or `jointly`, those of all pictures together.
 */
export function gatherStatistics(
  g: GraphBuilder,
  x: Value,
  { mean, variance, batches }: RunningStatistics,
  { momentum, jointly }: { readonly momentum: number; readonly jointly: boolean },
): void {
  const { batch, height, width } = imageShape(x.shape, 'gatherStatistics');
  const axis = x.shape.length - 3;
  const others = x.shape.flatMap((_, dim) => (dim === axis ? [] : [dim]));
  const sums = (value: Value) => g.apply(sumOperator, [value], { dims: others });
  const isJoint = jointly && batch > 1;
  const variances = isJoint
    ? g.apply(jointVarianceOperator, [x], { correction: 1 })
    : g.apply(varianceOperator, [x], { correction: 1 });
  mix(g, mean, sums(x), momentum, batch * height * width);
  mix(g, variance, sums(variances), momentum, isJoint ? 1 : batch);
  if (batches === null) return;
  g.assign(batches, g.add(g.latest(batches), g.constant(Tensor.full([], 1))));
}

/** Assigns a running statistic what it becomes by a sum over `count` elements. */
function mix(
  g: GraphBuilder,
  running: Parameter,
  sum: Value,
  momentum: number,
  count: number,
): void {
  const times = (value: Value, factor: number) =>
    g.apply(mulOperator, [value, g.constant(Tensor.full([1], factor))], {});
  const flat = g.apply(reshapeOperator, [sum], { shape: [...running.shape] });
  const kept = times(g.latest(running), 1 - momentum);
  g.assign(running, g.add(kept, times(flat, momentum / count)));
}
