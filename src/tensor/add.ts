import { ShapeError } from '../errors.js';
import type { NoAttributes, Operator } from './operator.js';
import { pointwiseRegions } from './region.js';
import { formatShape, sameShape } from './shape.js';
import type { Tensor } from './tensor.js';

export const addOperator: Operator<NoAttributes, readonly ['a', 'b']> = {
  op: 'add',
  operands: ['a', 'b'],
  outputShape: ([a, b]) => {
    if (!sameShape(a, b)) {
      throw new ShapeError(`add: shapes ${formatShape(a)} and ${formatShape(b)} differ.`);
    }
    return [...a];
  },
  run: ([a, b]) => a.add(b),
  inputRegions: pointwiseRegions,
};

/**
 * Element-wise sum of two tensors of one shape.
 *
 * ```ts
 * const a = new Tensor(Float32Array.of(1, 2), [2]);
 * add(a, a).data; // [2, 4]
 * ```
 *
 * @see torch.add
 */
export function add(a: Tensor, b: Tensor): Tensor {
  return addOperator.run([a, b], {});
}
