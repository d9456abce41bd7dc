import { ShapeError } from '../errors.js';
import type { GraphBuilder, Value } from '../graph/builder.js';
import { linearOperator } from '../tensor/linear.js';
import { convolutionParameters } from './init.js';
import { Module } from './module.js';
import type { Parameter } from './parameter.js';
import { bool } from './repr.js';

export interface LinearOptions {
  /** Default: true. */
  readonly bias?: boolean;
}

/**
 * Weighted sums of features: `[N, inFeatures]` → `[N, outFeatures]`.
 *
 * ```ts
 * (await new Linear(8, 3).forward(Tensor.zeros([2, 8]))).shape; // [2, 3]
 * ```
 *
 * @see torch.nn.Linear
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** `[outFeatures, inFeatures]`. */
  readonly weight: Parameter;
  /** `[outFeatures]`. */
  readonly bias: Parameter | null;

  /** @throws ShapeError for numbers of features that are no whole numbers from 1 on. */
  constructor(inFeatures: number, outFeatures: number, { bias = true }: LinearOptions = {}) {
    super();
    for (const [what, value] of Object.entries({ inFeatures, outFeatures })) {
      if (!Number.isInteger(value) || value < 1) {
        throw new ShapeError(`Linear: ${what} must be a whole number from 1 up, but got ${value}.`);
      }
    }
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    // PyTorch draws both alike.
    const parameters = convolutionParameters([outFeatures, inFeatures], outFeatures, bias);
    this.weight = this.registerParameter('weight', parameters.weight);
    this.bias = this.registerParameter('bias', parameters.bias);
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const bias = this.bias === null ? null : g.parameter(this.bias);
    return g.apply(linearOperator, [x, g.parameter(this.weight), bias], {});
  }

  protected override extraRepr(): string {
    const { inFeatures, outFeatures, bias } = this;
    return `in_features=${inFeatures}, out_features=${outFeatures}, bias=${bool(bias !== null)}`;
  }
}
