import type { GraphBuilder, Value } from '../graph/builder.js';
import { reluOperator } from '../tensor/relu.js';
import { Module } from './module.js';

/**
 * `max(x, 0)`. @see torch.nn.ReLU
 *
 * `inplace` is printed as PyTorch prints it, and has no other effect: inputs are never written to.
 */
export class ReLU extends Module {
  readonly inplace: boolean;

  constructor(inplace = false) {
    super();
    this.inplace = inplace;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(reluOperator, [x], {});
  }

  protected override extraRepr(): string {
    return this.inplace ? 'inplace=True' : '';
  }
}
