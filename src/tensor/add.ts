import { broadcastRegions, broadcastShape } from './broadcast.js';
import { checkTensor, type NoAttributes, type Operator } from './operator.js';
import type { Tensor } from './tensor.js';

export const addOperator: Operator<NoAttributes, readonly ['a', 'b']> = {
  op: 'add',
  operands: ['a', 'b'],
  outputShape: ([a, b]) => broadcastShape(a, b, 'add'),
  run: ([a, b]) => a.add(b),
  inputRegions: broadcastRegions,
};

/**
 * Element-wise sum. From the last side to the first, sides of 1 go with any.
 *
 * ```ts
 * const a = new Tensor(Float32Array.of(1, 2), [2]);
 * add(a, a).data; // [2, 4]
 * ```
 *
 * @throws ShapeError for other sides that differ.
 * @see torch.add
 */
export function add(a: Tensor, b: Tensor): Tensor {
  checkTensor('add: a', a);
  return addOperator.run([a, b], {});
}
