import type { GraphBuilder, Value } from '../graph/builder.js';
import { tanhOperator } from '../tensor/tanh.js';
import { Module } from './module.js';

/** Hyperbolic tangent. @see torch.nn.Tanh */
export class Tanh extends Module {
  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(tanhOperator, [x], {});
  }
}
