import { broadcastRegions, broadcastShape } from './broadcast.js';
import { checkTensor, type NoAttributes, type Operator } from './operator.js';
import type { Tensor } from './tensor.js';

export const subOperator: Operator<NoAttributes, readonly ['a', 'b']> = {
  op: 'sub',
  operands: ['a', 'b'],
  outputShape: ([a, b]) => broadcastShape(a, b, 'sub'),
  run: ([a, b]) => a.sub(b),
  inputRegions: broadcastRegions,
};

/**
 * Element-wise difference, `a - b`. From the last side to the first, sides of 1 go with any.
 *
 * ```ts
 * const a = new Tensor(Float32Array.of(1, 2), [2]);
 * sub(a, a).data; // [0, 0]
 * ```
 *
 * @throws ShapeError for other sides that differ.
 * @see torch.sub
 */
export function sub(a: Tensor, b: Tensor): Tensor {
  checkTensor('sub: a', a);
  return subOperator.run([a, b], {});
}
