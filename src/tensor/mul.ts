import { broadcastRegions, broadcastShape } from './broadcast.js';
import { checkTensor, type NoAttributes, type Operator } from './operator.js';
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
 * mul(Tensor.full([1, 3, 8, 8], 2), Tensor.zeros([1, 1, 8, 8])).shape; // [1, 3, 8, 8]
 * ```
 *
 * @throws ShapeError for other sides that differ.
 * @see torch.mul
 */
export function mul(a: Tensor, b: Tensor): Tensor {
  checkTensor('mul: a', a);
  return mulOperator.run([a, b], {});
}
