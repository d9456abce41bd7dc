import { rowMajorStrides, type Shape, sizeOf } from '../../tensor/shape.js';

/** Numbers whose axis `i` becomes what was axis `order[i]`, in row-major order. */
export function permuted(
  numbers: ArrayLike<number>,
  shape: Shape,
  order: readonly number[],
): Float64Array {
  const strides = rowMajorStrides(shape);
  return gathered(
    numbers,
    order.map((axis) => shape[axis]),
    order.map((axis) => strides[axis]),
  );
}

/** A strided window on numbers, in row-major order. @param offset Of its first element. */
export function gathered(
  numbers: ArrayLike<number>,
  shape: Shape,
  strides: readonly number[],
  offset = 0,
): Float64Array {
  const out = new Float64Array(sizeOf(shape));
  const place = new Array<number>(shape.length).fill(0);
  let from = offset;
  for (let to = 0; to < out.length; to++) {
    out[to] = numbers[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++place[axis] < shape[axis]) break;
      from -= shape[axis] * strides[axis];
      place[axis] = 0;
    }
  }
  return out;
}
