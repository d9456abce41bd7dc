import { broadcastRegions, broadcastShape } from './broadcast.js';
import type { NoAttributes, Operator } from './operator.js';
import type { Tensor } from './tensor.js';

export const mulOperator: Operator<NoAttributes, readonly ['a', 'b']> = {
  op: 'mul',
  operands: ['a', 'b'],
  outputShape: ([a, b]) => broadcastShape(a, b, 'mul'),
  run: ([a, b]) => a.mul(b),
  inputRegions: broadcastRegions,
};

/**
 * Element-wise product. From the last side to the first, sides of 1 go with any.
 *
 * ```ts
 * mul(image, mask).shape; // [1, 3, 256, 256] of [1, 3, 256, 256] and [1, 1, 256, 256]
 * ```
 *
 * @throws ShapeError for other sides that differ.
 * @see torch.mul
 */
export function mul(a: Tensor, b: Tensor): Tensor {
  return mulOperator.run([a, b], {});
}
