import type { GraphBuilder, Value } from '../graph/builder.js';
import { sigmoidOperator } from '../tensor/sigmoid.js';
import { Module } from './module.js';

/**
 * `1 / (1 + exp(−x))`.
 *
 * ```ts
 * (await new Sigmoid().forward(Tensor.zeros([1, 1, 1, 2]))).data; // [0.5, 0.5]
 * ```
 *
 * @see torch.nn.Sigmoid
 */
export class Sigmoid extends Module {
  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(sigmoidOperator, [x], {});
  }
}
