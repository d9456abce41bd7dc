import { CycleganError, ShapeError } from '../errors.js';
import type { GraphBuilder, Value } from '../graph/builder.js';
import { Module } from './module.js';
import { bool, float } from './repr.js';

/**
 * The identity in eval mode; training is not supported.
 *
 * ```ts
 * const dropout = new Dropout(0.5).eval();
 * (await dropout.forward(Tensor.full([1, 1, 1, 2], 3))).data; // [3, 3]
 * ```
 *
 * @see torch.nn.Dropout
 */
export class Dropout extends Module {
  readonly p: number;
  readonly inplace: boolean;

  /** @throws ShapeError unless `p` is a probability. */
  constructor(p = 0.5, inplace = false) {
    super();
    if (!(p >= 0 && p <= 1)) {
      throw new ShapeError(`Dropout: p must be between 0 and 1, but got ${p}.`);
    }
    this.p = p;
    this.inplace = inplace;
  }

  /** @throws CycleganError `ERR_TRAINING` in training mode. */
  override trace(_g: GraphBuilder, x: Value): Value {
    if (this.training && this.p > 0) {
      throw new CycleganError(
        'ERR_TRAINING',
        'Dropout would drop values in training mode, which is not supported: call eval() first.',
      );
    }
    return x;
  }

  protected override extraRepr(): string {
    return `p=${float(this.p)}, inplace=${bool(this.inplace)}`;
  }
}
