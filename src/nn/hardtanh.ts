import { ShapeError } from '../errors.js';
import type { GraphBuilder, Value } from '../graph/builder.js';
import { clampOperator, resolveClamp } from '../tensor/clamp.js';
import { Module } from './module.js';
import { float } from './repr.js';

/**
 * Every element within `minVal … maxVal`.
 *
 * ```ts
 * (await new Hardtanh().forward(Tensor.full([1, 1, 1, 2], 7))).data; // [1, 1]
 * ```
 *
 * @see torch.nn.Hardtanh
 */
export class Hardtanh extends Module {
  readonly minVal: number;
  readonly maxVal: number;
  readonly inplace: boolean;

  /** @throws ShapeError unless `minVal` is less than `maxVal`. */
  constructor(minVal = -1, maxVal = 1, inplace = false) {
    super();
    if (!(minVal < maxVal)) {
      throw new ShapeError(
        `Hardtanh: minVal must be less than maxVal, but they are ${minVal} and ${maxVal}.`,
      );
    }
    this.minVal = minVal;
    this.maxVal = maxVal;
    this.inplace = inplace;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(clampOperator, [x], resolveClamp({ min: this.minVal, max: this.maxVal }));
  }

  protected override extraRepr(): string {
    const inplace = this.inplace ? ', inplace=True' : '';
    return `min_val=${float(this.minVal)}, max_val=${float(this.maxVal)}${inplace}`;
  }
}
