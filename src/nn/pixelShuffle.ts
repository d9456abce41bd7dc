import type { GraphBuilder, Value } from '../graph/builder.js';
import {
  type PixelShuffleAttributes,
  pixelShuffleOperator,
  resolvePixelShuffle,
} from '../tensor/pixelShuffle.js';
import { Module } from './module.js';

/**
 * Channels become pixels: r² of them a block of r × r.
 *
 * ```ts
 * (await new PixelShuffle(2).forward(Tensor.zeros([1, 12, 4, 5]))).shape; // [1, 3, 8, 10]
 * ```
 *
 * @see torch.nn.PixelShuffle
 */
export class PixelShuffle extends Module {
  readonly #attributes: PixelShuffleAttributes;

  /** @throws ShapeError for a factor that is no whole number from 1 on. */
  constructor(upscaleFactor: number) {
    super();
    this.#attributes = resolvePixelShuffle(upscaleFactor);
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(pixelShuffleOperator, [x], this.#attributes);
  }

  protected override extraRepr(): string {
    return `upscale_factor=${this.#attributes.upscaleFactor}`;
  }
}
