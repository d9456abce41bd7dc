import type { GraphBuilder, Value } from '../graph/builder.js';
import { adaptiveMaxPool2dOperator } from '../tensor/adaptiveMaxPool2d.js';
import { resolveAdaptivePool } from '../tensor/adaptivePooling.js';
import type { Pair } from '../tensor/shape.js';
import { Module } from './module.js';
import { pairOrNumber } from './repr.js';

/**
 * The largest element of each of so many windows that cover a picture: with `outputSize` 1, of the whole picture.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 2, 4, 9), [1, 1, 2, 2]);
 * (await new AdaptiveMaxPool2d(1).forward(x)).data; // [9]
 * ```
 *
 * @see torch.nn.AdaptiveMaxPool2d
 */
export class AdaptiveMaxPool2d extends Module {
  readonly outputSize: Pair;

  /** @throws ShapeError for sides that are no whole numbers from 1 on. */
  constructor(outputSize: Pair) {
    super();
    resolveAdaptivePool('AdaptiveMaxPool2d', outputSize);
    this.outputSize = outputSize;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const attributes = resolveAdaptivePool('AdaptiveMaxPool2d', this.outputSize);
    return g.apply(adaptiveMaxPool2dOperator, [x], attributes);
  }

  protected override extraRepr(): string {
    return `output_size=${pairOrNumber(this.outputSize)}`;
  }
}
