import type { GraphBuilder, Value } from '../graph/builder.js';
import { Module } from './module.js';

/**
 * Its input.
 *
 * ```ts
 * (await new Identity().forward(Tensor.full([1, 1, 1, 2], 3))).data; // [3, 3]
 * ```
 *
 * @see torch.nn.Identity
 */
export class Identity extends Module {
  override trace(_g: GraphBuilder, x: Value): Value {
    return x;
  }
}
