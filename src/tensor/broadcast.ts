import { ShapeError } from '../errors.js';
import type { Region } from './region.js';
import { formatShape, rowMajorStrides, type Shape, sizeOf } from './shape.js';

/** `out[i] = a[i · aStep] ∘ b[i · bStep]`; step 0 repeats one element. One loop an operator keeps each monomorphic. */
export type BinaryLoop = (
  a: Float32Array,
  aStep: 0 | 1,
  b: Float32Array,
  bStep: 0 | 1,
  out: Float32Array,
) => void;

interface Elements {
  readonly data: Float32Array;
  readonly shape: Shape;
}

/**
 * The shape of an element-wise operator's result: from the last side to the first, sides of 1 go with any.
 * @throws ShapeError for other sides that differ.
 */
export function broadcastShape(a: Shape, b: Shape, op: string): number[] {
  const rank = Math.max(a.length, b.length);
  const [x, y] = [withRank(a, rank), withRank(b, rank)];
  return x.map((side, axis) => {
    if (side !== y[axis] && side !== 1 && y[axis] !== 1) {
      throw new ShapeError(
        `${op}: shapes ${formatShape(a)} and ${formatShape(b)} do not go together: sides have to be equal, or 1.`,
      );
    }
    return side === 1 ? y[axis] : side;
  });
}

/** Which parts of two operands a region of the result is computed from: one of a side of 1 is all of that side. */
export function broadcastRegions(
  region: Region,
  operands: readonly Shape[],
): readonly (Region | null)[] {
  return operands.map((shape) => {
    if (shape.length < 2) return null;
    const [height, width] = shape.slice(-2);
    const rows = height === 1 ? { top: 0, bottom: 1 } : {};
    const columns = width === 1 ? { left: 0, right: 1 } : {};
    return { ...region, ...rows, ...columns };
  });
}

/** @param shape That of `broadcastShape`. */
export function broadcast(a: Elements, b: Elements, shape: Shape, loop: BinaryLoop): Float32Array {
  const out = new Float32Array(sizeOf(shape));
  const operands = [walkOf(a, shape), walkOf(b, shape)];
  const start = Math.max(...operands.map((operand) => operand.start));
  const block = sizeOf(shape.slice(start));
  const outer = shape.slice(0, start);
  const [x, y] = operands;
  const place = new Array<number>(start).fill(0);
  for (let at = 0; at < out.length; at += block) {
    const [aFrom, bFrom] = [offsetOf(place, x.strides), offsetOf(place, y.strides)];
    loop(
      a.data.subarray(aFrom, aFrom + block),
      x.step,
      b.data.subarray(bFrom, bFrom + block),
      y.step,
      out.subarray(at, at + block),
    );
    for (let axis = start - 1; axis >= 0 && ++place[axis] === outer[axis]; axis--) place[axis] = 0;
  }
  return out;
}

/** How an operand is gone through: its strides, and from which axis on it goes on, or stands still, without a break. */
function walkOf({ shape }: Elements, outShape: Shape) {
  const sides = withRank(shape, outShape.length);
  const strides = rowMajorStrides(sides).map((stride, axis) => (sides[axis] === 1 ? 0 : stride));
  const repeats = (axis: number) => sides[axis] === 1 && outShape[axis] !== 1;
  const last = outShape.findLastIndex((side) => side !== 1);
  const step: 0 | 1 = last >= 0 && repeats(last) ? 0 : 1;
  let start = sides.length;
  while (start > 0 && (outShape[start - 1] === 1 || repeats(start - 1) === (step === 0))) start--;
  return { strides, step, start };
}

function offsetOf(place: readonly number[], strides: readonly number[]): number {
  return place.reduce((sum, index, axis) => sum + index * strides[axis], 0);
}

function withRank(shape: Shape, rank: number): number[] {
  return [...new Array<number>(rank - shape.length).fill(1), ...shape];
}
