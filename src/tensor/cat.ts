import { ShapeError } from '../errors.js';
import { type Operator, runOperator } from './operator.js';
import type { Region } from './region.js';
import { axisOf, formatShape, sameShape, sizeOf } from './shape.js';
import { Tensor } from './tensor.js';

export interface CatAttributes {
  /** The axis along which operands lie one behind the other; from the end, if negative. */
  readonly dim: number;
}

export const catOperator: Operator<CatAttributes, readonly ['tensors*']> = {
  op: 'cat',
  operands: ['tensors*'],

  outputShape(shapes, { dim }) {
    if (shapes.length === 0) throw new ShapeError('cat: there is nothing to put together.');
    const [first] = shapes;
    const axis = axisOf('cat', dim, first);
    for (const shape of shapes) {
      if (shape.length !== first.length || !sameShape(shape.with(axis, 0), first.with(axis, 0))) {
        throw new ShapeError(
          `cat: shapes may differ in dimension ${dim} alone, but got ${shapes.map(formatShape).join(' and ')}.`,
        );
      }
    }
    return first.with(
      axis,
      shapes.reduce((sum, shape) => sum + shape[axis], 0),
    );
  },

  run(tensors, attributes) {
    const shape = this.outputShape(
      tensors.map((tensor) => tensor.shape),
      attributes,
    );
    const axis = axisOf('cat', attributes.dim, shape);
    const out = new Float32Array(sizeOf(shape));
    const pitch = sizeOf(shape.slice(axis));
    let offset = 0;
    for (const { data, shape: own } of tensors) {
      const block = sizeOf(own.slice(axis));
      for (let from = 0, to = offset; from < data.length; from += block, to += pitch) {
        out.set(data.subarray(from, from + block), to);
      }
      offset += block;
    }
    return new Tensor(out, shape);
  },

  inputRegions(region, shapes, { dim }) {
    const fromEnd = shapes[0].length - axisOf('cat', dim, shapes[0]);
    if (shapes[0].length < 2) return shapes.map(() => null);
    let start = 0;
    return shapes.map((shape) => {
      const moved = movedBy(region, fromEnd, start);
      start += shape[shape.length - fromEnd];
      return moved;
    });
  },
};

/** A region as an operand sees it that begins at `start` of the last axis but `fromEnd − 1`. */
function movedBy(region: Region, fromEnd: number, start: number): Region {
  const { left, right, top, bottom } = region;
  if (fromEnd === 1) return { ...region, left: left - start, right: right - start };
  if (fromEnd === 2) return { ...region, top: top - start, bottom: bottom - start };
  return region;
}

/**
 * Tensors one behind the other.
 *
 * ```ts
 * cat([Tensor.zeros([1, 64, 8, 8]), Tensor.zeros([1, 32, 8, 8])], 1).shape; // [1, 96, 8, 8]
 * ```
 *
 * @param tensors Of one shape, but for side `dim`.
 * @param dim Default: 0. From the end, if negative.
 * @throws ShapeError when shapes differ elsewhere.
 * @see torch.cat
 */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  return runOperator(catOperator, tensors, { dim });
}
