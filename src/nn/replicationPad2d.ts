import type { PaddingSides } from '../tensor/reflectionPad2d.js';
import { PaddingLayer } from './paddingLayer.js';

/**
 * Pads by repeating the edge: `1234` becomes `11 1234 44`. Negative sides take away.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 2), [1, 1, 1, 2]);
 * (await new ReplicationPad2d([1, 1, 0, 0]).forward(x)).data; // [1, 1, 2, 2]
 * ```
 *
 * @see torch.nn.ReplicationPad2d
 */
export class ReplicationPad2d extends PaddingLayer {
  /** @param padding One width for all sides, or `[left, right, top, bottom]`. */
  constructor(padding: PaddingSides) {
    super(padding, 'replicate');
  }
}
