import type { GraphBuilder, Value } from '../graph/builder.js';
import { tanhOperator } from '../tensor/tanh.js';
import { Module } from './module.js';

/**
 * Hyperbolic tangent.
 *
 * ```ts
 * (await new Tanh().forward(Tensor.full([1, 1, 1, 2], 1))).data; // [0.7616, 0.7616]
 * ```
 *
 * @see torch.nn.Tanh
 */
export class Tanh extends Module {
  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(tanhOperator, [x], {});
  }
}
