import { broadcastRegions, broadcastShape } from './broadcast.js';
import { checkTensor, type NoAttributes, type Operator } from './operator.js';
import type { Tensor } from './tensor.js';

export const divOperator: Operator<NoAttributes, readonly ['a', 'b']> = {
  op: 'div',
  operands: ['a', 'b'],
  outputShape: ([a, b]) => broadcastShape(a, b, 'div'),
  run: ([a, b]) => a.div(b),
  inputRegions: broadcastRegions,
};

/**
 * Element-wise quotient, `a / b`. From the last side to the first, sides of 1 go with any.
 *
 * ```ts
 * const a = new Tensor(Float32Array.of(1, 2), [2]);
 * div(a, a).data; // [1, 1]
 * ```
 *
 * @throws ShapeError for other sides that differ.
 * @see torch.div
 */
export function div(a: Tensor, b: Tensor): Tensor {
  checkTensor('div: a', a);
  return divOperator.run([a, b], {});
}
