import type { PaddingSides } from '../tensor/reflectionPad2d.js';
import { PaddingLayer } from './paddingLayer.js';

/**
 * Pads with zeros: `1234` becomes `00 1234 00`. Negative sides take away.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 2), [1, 1, 1, 2]);
 * (await new ZeroPad2d([1, 1, 0, 0]).forward(x)).data; // [0, 1, 2, 0]
 * ```
 *
 * @see torch.nn.ZeroPad2d
 */
export class ZeroPad2d extends PaddingLayer {
  /** @param padding One width for all sides, or `[left, right, top, bottom]`. */
  constructor(padding: PaddingSides) {
    super(padding, 'constant');
  }
}
