import type { GraphBuilder, Value } from '../graph/builder.js';
import { reluOperator } from '../tensor/relu.js';
import { Module } from './module.js';

/**
 * `max(x, 0)`. `inplace` is printed as PyTorch prints it, and has no other effect: inputs are never written to.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(-1, 2), [1, 1, 1, 2]);
 * (await new ReLU().forward(x)).data; // [0, 2]
 * ```
 *
 * @see torch.nn.ReLU
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
