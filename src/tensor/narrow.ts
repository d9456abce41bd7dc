import { ShapeError } from '../errors.js';
import { type Operator, runOperator } from './operator.js';
import type { Region } from './region.js';
import { axisOf, formatShape, type Shape, sizeOf } from './shape.js';
import { Tensor } from './tensor.js';

export interface NarrowAttributes {
  /** The axis along which a part is taken; from the end, if negative. */
  readonly dim: number;
  /** Where it begins. */
  readonly start: number;
  readonly length: number;
}

/** @throws ShapeError for a part that is not there. */
function checkPart(shape: Shape, { dim, start, length }: NarrowAttributes): void {
  const side = shape[axisOf('narrow', dim, shape)];
  const isPart = Number.isInteger(start) && Number.isInteger(length) && start >= 0 && length >= 0;
  if (!isPart || start + length > side) {
    throw new ShapeError(
      `narrow: ${length} from ${start} on are not within side ${side}, dimension ${dim} of ${formatShape(shape)}.`,
    );
  }
}

export const narrowOperator: Operator<NarrowAttributes, readonly ['input']> = {
  op: 'narrow',
  operands: ['input'],

  outputShape([input], attributes) {
    checkPart(input, attributes);
    return input.with(axisOf('narrow', attributes.dim, input), attributes.length);
  },

  run([{ data, shape: input }], attributes) {
    const shape = this.outputShape([input], attributes);
    const axis = axisOf('narrow', attributes.dim, input);
    const out = new Float32Array(sizeOf(shape));
    const [pitch, block] = [sizeOf(input.slice(axis)), sizeOf(shape.slice(axis))];
    let from = attributes.start * sizeOf(shape.slice(axis + 1));
    for (let to = 0; to < out.length; to += block, from += pitch) {
      out.set(data.subarray(from, from + block), to);
    }
    return new Tensor(out, shape);
  },

  inputRegions: (region, [input], { dim, start }) => [
    input.length < 2 ? null : movedBy(region, input.length - axisOf('narrow', dim, input), start),
  ],
};

/** A region of a part, in the whole. */
function movedBy(region: Region, fromEnd: number, start: number): Region {
  const { left, right, top, bottom } = region;
  if (fromEnd === 1) return { ...region, left: left + start, right: right + start };
  if (fromEnd === 2) return { ...region, top: top + start, bottom: bottom + start };
  return region;
}

/**
 * A part of a tensor: `length` along dimension `dim`, from `start` on.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 2, 3, 4, 5, 6), [1, 3, 1, 2]);
 * narrow(x, 1, 1, 2).data; // [3, 4, 5, 6]
 * ```
 *
 * @param dim From the end, if negative: 1 are channels of `[N, C, H, W]`.
 * @throws ShapeError for a part that is not there.
 * @see torch.narrow
 */
export function narrow(input: Tensor, dim: number, start: number, length: number): Tensor {
  return runOperator(narrowOperator, [input], { dim, start, length });
}
