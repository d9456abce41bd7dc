import type { Shape } from './shape.js';
import type { Tensor } from './tensor.js';

/**
 * An operator as data: its name, its shape rule, and its plain-loop form. The graph stores these,
 * the plain-loop engine calls `run`, faster engines recognise the ones that they know. A new
 * operator is a new file beside this one; nothing that handles operators has to change.
 *
 * `P` are the operator's parameters, defaults resolved and weights included.
 */
export interface Operator<P = unknown> {
  /** Canonical name, unique: `conv2d`, `relu`, … */
  readonly op: string;
  /** Output shape; throws a `ShapeError` for inputs that the operator does not take. */
  outputShape(inputs: readonly Shape[], params: P): number[];
  /** The reference: plain loops, double accumulators. */
  run(inputs: readonly Tensor[], params: P): Tensor;
  /** Multiply-adds of one run that really happen, for timings and summaries; absent means none. */
  multiplyAdds?(inputs: readonly Shape[], params: P): number;
}
