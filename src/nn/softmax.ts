import type { GraphBuilder, Value } from '../graph/builder.js';
import { softmaxOperator } from '../tensor/softmax.js';
import { Module } from './module.js';

/**
 * Elements as shares of 1 along a dimension.
 *
 * ```ts
 * (await new Softmax(1).forward(Tensor.zeros([1, 4, 1, 1]))).data; // [0.25, 0.25, 0.25, 0.25]
 * ```
 *
 * @see torch.nn.Softmax
 */
export class Softmax extends Module {
  /** From the end, if negative. */
  readonly dim: number;

  constructor(dim: number) {
    super();
    this.dim = dim;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(softmaxOperator, [x], { dim: this.dim });
  }

  protected override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}
