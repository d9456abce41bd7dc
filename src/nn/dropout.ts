import { CycleganError, ShapeError } from '../errors.js';
import type { GraphBuilder, Value } from '../graph/builder.js';
import { dropoutOperator } from '../tensor/training/dropout.js';
import { Module } from './module.js';
import { bool, float } from './repr.js';

/**
 * The identity in eval mode. In training mode, in a graph that is traced for training (`GraphBuilder.startTraining`), elements
 * are zero with probability `p`, and others multiplied by 1 / (1 − p).
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
      throw new ShapeError(`${new.target.name}: p must be between 0 and 1, but got ${p}.`);
    }
    this.p = p;
    this.inplace = inplace;
  }

  /** @throws CycleganError `ERR_TRAINING` in training mode, unless the graph is traced for training. */
  override trace(g: GraphBuilder, x: Value): Value {
    if (!this.training || this.p === 0) return x;
    if (g.seed === null) {
      throw new CycleganError(
        'ERR_TRAINING',
        `${this.constructor.name} would drop values in training mode, which only graphs for training do: call eval() first.`,
      );
    }
    return this.drop(g, x, g.seed);
  }

  protected drop(g: GraphBuilder, x: Value, seed: Value): Value {
    return g.apply(dropoutOperator, [x, seed], { p: this.p, stream: g.size });
  }

  protected override extraRepr(): string {
    return `p=${float(this.p)}, inplace=${bool(this.inplace)}`;
  }
}
