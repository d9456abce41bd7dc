import type { GraphBuilder, Value } from '../graph/builder.js';
import { leakyReluOperator } from '../tensor/leakyRelu.js';
import { Module } from './module.js';
import { float } from './repr.js';

/**
 * `x` above zero, `negativeSlope · x` below.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(-1, 2), [1, 1, 1, 2]);
 * (await new LeakyReLU(0.2).forward(x)).data; // [-0.2, 2]
 * ```
 *
 * @see torch.nn.LeakyReLU
 */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;
  readonly inplace: boolean;

  constructor(negativeSlope = 0.01, inplace = false) {
    super();
    this.negativeSlope = negativeSlope;
    this.inplace = inplace;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(leakyReluOperator, [x], { negativeSlope: this.negativeSlope });
  }

  protected override extraRepr(): string {
    return `negative_slope=${float(this.negativeSlope)}${this.inplace ? ', inplace=True' : ''}`;
  }
}
