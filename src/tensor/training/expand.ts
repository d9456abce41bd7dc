import { ShapeError } from '../../errors.js';
import { broadcast, broadcastShape } from '../broadcast.js';
import type { Operator } from '../operator.js';
import { formatShape, type Shape, sameShape } from '../shape.js';
import { Tensor } from '../tensor.js';

export interface ExpandAttributes {
  readonly shape: Shape;
}

/** A tensor repeated along sides of 1, and along new sides before them: the adjoint of a sum. */
export const expandOperator: Operator<ExpandAttributes, readonly ['input']> = {
  op: 'expand',
  operands: ['input'],

  outputShape([input], { shape }) {
    if (!sameShape(broadcastShape(input, shape, 'expand'), shape)) {
      throw new ShapeError(`expand: ${formatShape(input)} cannot become ${formatShape(shape)}.`);
    }
    return [...shape];
  },

  run([input], { shape }) {
    const one = { data: Float32Array.of(0), shape: [1] };
    return new Tensor(broadcast(input, one, shape, copyInto), shape);
  },
};

function copyInto(
  a: Float32Array,
  aStep: 0 | 1,
  _b: Float32Array,
  _bStep: 0 | 1,
  out: Float32Array,
): void {
  for (let i = 0; i < out.length; i++) out[i] = a[i * aStep];
}
