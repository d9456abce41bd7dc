import type { GraphBuilder, Value } from '../graph/builder.js';
import { Module } from './module.js';

/** Its input. @see torch.nn.Identity */
export class Identity extends Module {
  override trace(_g: GraphBuilder, x: Value): Value {
    return x;
  }
}
