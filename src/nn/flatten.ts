import type { GraphBuilder, Value } from '../graph/builder.js';
import { reshapeOperator, resolveFlatten } from '../tensor/reshape.js';
import { Module } from './module.js';

/**
 * Dimensions `startDim … endDim` become one.
 *
 * ```ts
 * (await new Flatten().forward(Tensor.zeros([2, 3, 4, 5]))).shape; // [2, 60]
 * ```
 *
 * @see torch.nn.Flatten
 */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  constructor(startDim = 1, endDim = -1) {
    super();
    this.startDim = startDim;
    this.endDim = endDim;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(reshapeOperator, [x], resolveFlatten(x.shape, this.startDim, this.endDim));
  }

  protected override extraRepr(): string {
    return `start_dim=${this.startDim}, end_dim=${this.endDim}`;
  }
}
