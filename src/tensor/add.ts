import { ShapeError } from '../errors.js';
import type { Operator } from './operator.js';
import { formatShape, sameShape } from './shape.js';
import type { Tensor } from './tensor.js';

export const addOperator: Operator<Record<never, never>> = {
  op: 'add',
  outputShape: ([a, b]) => {
    if (!sameShape(a, b)) {
      throw new ShapeError(`add: shapes ${formatShape(a)} and ${formatShape(b)} differ.`);
    }
    return [...a];
  },
  run: ([a, b]) => a.add(b),
};

/** Element-wise sum of two tensors of one shape. @see torch.add */
export function add(a: Tensor, b: Tensor): Tensor {
  return addOperator.run([a, b], {});
}
