import { ShapeError } from '../errors.js';
import { type Operator, runOperator } from './operator.js';
import { formatShape, imageShape } from './shape.js';
import { Tensor } from './tensor.js';

/** One width for all sides, or `[left, right, top, bottom]`. */
export type PaddingSides = number | readonly [number, number, number, number];

export interface ReflectionPad2dAttributes {
  /** `[left, right, top, bottom]`. */
  readonly padding: readonly [number, number, number, number];
}

/** @throws ShapeError unless every side is a whole number from 0 up. */
export function resolveReflectionPad2d(padding: PaddingSides): ReflectionPad2dAttributes {
  const sides = fourSides(padding);
  if (sides.length !== 4 || !sides.every((side) => Number.isInteger(side) && side >= 0)) {
    throw new ShapeError(
      `reflectionPad2d: padding must be a whole number or [left, right, top, bottom], but got ${JSON.stringify(padding)}.`,
    );
  }
  return { padding: [sides[0], sides[1], sides[2], sides[3]] };
}

/** As many sides as callers gave, if they gave any: not every caller has a compiler that checks. */
export function fourSides(padding: PaddingSides): readonly number[] {
  if (typeof padding === 'number') return Array<number>(4).fill(padding);
  return Array.isArray(padding) ? padding : [];
}

export const reflectionPad2dOperator: Operator<ReflectionPad2dAttributes, readonly ['input']> = {
  op: 'reflectionPad2d',
  operands: ['input'],

  outputShape([input], { padding: [left, right, top, bottom] }) {
    const { channels, height, width, with: resized } = imageShape(input, 'reflectionPad2d');
    const check = (before: number, after: number, side: number, dimension: number) => {
      if (before >= side || after >= side) {
        throw new ShapeError(
          `reflectionPad2d: padding size should be less than the corresponding input dimension, but got padding (${before}, ${after}) at dimension ${dimension} of input ${formatShape(input)}.`,
        );
      }
    };
    check(left, right, width, input.length - 1);
    check(top, bottom, height, input.length - 2);
    return resized(channels, height + top + bottom, width + left + right);
  },

  run([input], attributes) {
    const { padding } = attributes;
    const shape = this.outputShape([input.shape], attributes);
    const [height, width] = input.shape.slice(-2);
    const [outHeight, outWidth] = shape.slice(-2);
    const planes = height * width === 0 ? 0 : input.size / (height * width);
    const out = Tensor.zeros(shape);
    for (let plane = 0; plane < planes; plane++) {
      for (let y = 0; y < outHeight; y++) {
        const from = (plane * height + reflectIndex(y - padding[2], height)) * width;
        const to = (plane * outHeight + y) * outWidth;
        reflectRow(input.data, from, width, padding[0], padding[1], out.data, to);
      }
    }
    return out;
  },

  inputRegions(region, [input], { padding: [left, , top] }) {
    const [height, width] = input.slice(-2);
    const [rows, columns] = [
      mirroredRange(region.top - top, region.bottom - top, height),
      mirroredRange(region.left - left, region.right - left, width),
    ];
    return [{ top: rows[0], bottom: rows[1], left: columns[0], right: columns[1] }];
  },
};

/** The positions that `from … to − 1` mirror to, as a range. */
export function mirroredRange(from: number, to: number, size: number): [from: number, to: number] {
  const ends = [reflectIndex(from, size), reflectIndex(to - 1, size)];
  const inside = [Math.max(0, from), Math.min(size, to) - 1].filter((i) => i >= from && i < to);
  const all = [...ends, ...inside];
  return [Math.min(...all), Math.max(...all) + 1];
}

/** The position that `index` mirrors to in `0 … size − 1`; the edge itself is not repeated. */
export function reflectIndex(index: number, size: number): number {
  if (index < 0) return -index;
  return index < size ? index : 2 * (size - 1) - index;
}

function reflectRow(
  input: Float32Array,
  from: number,
  width: number,
  left: number,
  right: number,
  out: Float32Array,
  to: number,
): void {
  for (let x = 0; x < left; x++) out[to + x] = input[from + left - x];
  for (let x = 0; x < width; x++) out[to + left + x] = input[from + x];
  for (let x = 0; x < right; x++) out[to + left + width + x] = input[from + width - 2 - x];
}

/**
 * Pads by mirroring about the edge: with 2 on each side, `1234` becomes `32 1234 32`.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 2, 3, 4), [1, 1, 4]);
 * reflectionPad2d(x, [2, 2, 0, 0]).data; // [3, 2, 1, 2, 3, 4, 3, 2]
 * ```
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`.
 * @param padding One width for all sides, or `[left, right, top, bottom]`; each less than the side it mirrors.
 * @returns `[…, H + top + bottom, W + left + right]`.
 * @throws ShapeError when a padding is as large as the input's side.
 * @see torch.nn.ReflectionPad2d
 */
export function reflectionPad2d(input: Tensor, padding: PaddingSides): Tensor {
  return runOperator(reflectionPad2dOperator, [input], resolveReflectionPad2d(padding));
}
