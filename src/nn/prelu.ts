import type { GraphBuilder, Value } from '../graph/builder.js';
import { preluOperator } from '../tensor/prelu.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

/**
 * `x` above zero, `x` times a learned slope below, of each channel or of all.
 *
 * ```ts
 * (await new PReLU().forward(Tensor.full([1, 1, 1, 2], -2))).data; // [-0.5, -0.5]
 * ```
 *
 * @see torch.nn.PReLU
 */
export class PReLU extends Module {
  readonly numParameters: number;
  /** `[numParameters]`. */
  readonly weight: Parameter;

  /** @param numParameters As many as there are channels, or 1. */
  constructor(numParameters = 1, init = 0.25) {
    super();
    this.numParameters = numParameters;
    this.weight = this.registerParameter('weight', Parameter.filled([numParameters], init));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(preluOperator, [x, g.parameter(this.weight)], {});
  }

  protected override extraRepr(): string {
    return `num_parameters=${this.numParameters}`;
  }
}
