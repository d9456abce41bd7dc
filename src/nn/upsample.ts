import type { GraphBuilder, Value } from '../graph/builder.js';
import type { Pair } from '../tensor/shape.js';
import {
  resolveUpsample,
  type UpsampleAttributes,
  type UpsampleOptions,
  upsampleOperator,
} from '../tensor/upsample.js';
import { Module } from './module.js';
import { float } from './repr.js';

/**
 * Pictures of other sides, by nearest neighbours or bilinear.
 *
 * ```ts
 * (await new Upsample({ scaleFactor: 2 }).forward(Tensor.zeros([1, 1, 2, 2]))).shape; // [1, 1, 4, 4]
 * ```
 *
 * @see torch.nn.Upsample
 */
export class Upsample extends Module {
  readonly size: Pair | null;
  readonly scaleFactor: Pair | null;
  readonly #attributes: UpsampleAttributes;

  /** @throws ShapeError unless there is either a size or a scale, or for options that do not go together. */
  constructor(options: UpsampleOptions) {
    super();
    this.#attributes = resolveUpsample(options);
    this.size = options.size ?? null;
    this.scaleFactor = options.scaleFactor ?? null;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(upsampleOperator, [x], this.#attributes);
  }

  protected override extraRepr(): string {
    const sides =
      this.scaleFactor === null
        ? `size=${printed(this.size ?? 1, String)}`
        : `scale_factor=${printed(this.scaleFactor, float)}`;
    return `${sides}, mode=${this.#attributes.mode}`;
  }
}

function printed(value: Pair, number: (part: number) => string): string {
  return typeof value === 'number' ? number(value) : `(${value.map(number).join(', ')})`;
}
