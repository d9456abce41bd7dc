import { ShapeError } from '../errors.js';
import { checkOptions } from './callerValues.js';
import { type Operator, runOperator } from './operator.js';
import { formatShape, imageShape, type Pair, type Shape } from './shape.js';
import { Tensor } from './tensor.js';

export type UpsampleMode = 'nearest' | 'bilinear';

export interface UpsampleOptions {
  /** Sides of the result: one for both, or `[height, width]`. Either this or `scaleFactor`. */
  readonly size?: Pair;
  /** How many times the sides: one for both, or `[vertical, horizontal]`. Sides are rounded down. */
  readonly scaleFactor?: Pair;
  /** Default: `nearest`. */
  readonly mode?: UpsampleMode;
  /** Whether the middles of the corner pixels stay corners, for `bilinear`. Default: false, and the corners themselves do. */
  readonly alignCorners?: boolean;
}

export interface UpsampleAttributes {
  readonly mode: UpsampleMode;
  readonly alignCorners: boolean;
  /** `[height, width]` of the result; or `null`, and `scaleFactor` says. */
  readonly size: readonly [number, number] | null;
  /** `[vertical, horizontal]`. */
  readonly scaleFactor: readonly [number, number] | null;
}

/** @throws ShapeError unless there is either a size or a scale, or for options that do not go together. */
export function resolveUpsample(options: UpsampleOptions): UpsampleAttributes {
  checkOptions('upsample', options);
  const { size, scaleFactor, mode = 'nearest', alignCorners } = options;
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ShapeError('upsample: give either size or scaleFactor.');
  }
  if (mode !== 'nearest' && mode !== 'bilinear') {
    throw new ShapeError(
      `upsample: mode must be nearest or bilinear, but got ${JSON.stringify(mode)}.`,
    );
  }
  if (mode === 'nearest' && alignCorners !== undefined) {
    throw new ShapeError('upsample: alignCorners is for mode bilinear.');
  }
  return {
    mode,
    alignCorners: alignCorners ?? false,
    size: size === undefined ? null : positivePair(size, 'size', Number.isInteger),
    scaleFactor:
      scaleFactor === undefined ? null : positivePair(scaleFactor, 'scaleFactor', Number.isFinite),
  };
}

function positivePair(
  value: Pair,
  what: string,
  isFit: (part: number) => boolean,
): readonly [number, number] {
  const [vertical, horizontal] = typeof value === 'number' ? [value, value] : value;
  if (![vertical, horizontal].every((part) => isFit(part) && part > 0)) {
    throw new ShapeError(
      `upsample: ${what} must be above zero, one for both sides or a pair, but got ${JSON.stringify(value)}.`,
    );
  }
  return [vertical, horizontal];
}

/** For each position of a result's axis, the two of the input that it lies between, and the weight of the second. */
export interface AxisSamples {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly weight: Float32Array;
}

/**
 * Where the positions of an axis of `outSize` lie on one of `inSize`. Nearest neighbours as PyTorch finds them, in float32.
 * @param axis 0 for rows, 1 for columns.
 */
export function axisSamples(
  attributes: UpsampleAttributes,
  axis: 0 | 1,
  inSize: number,
  outSize: number,
): AxisSamples {
  const first = new Int32Array(outSize);
  const second = new Int32Array(outSize);
  const weight = new Float32Array(outSize);
  const positionOf = positions(attributes, axis, inSize, outSize);
  for (let i = 0; i < outSize; i++) {
    const position = positionOf(i);
    first[i] = Math.min(Math.floor(position), inSize - 1);
    if (attributes.mode === 'nearest') second[i] = first[i];
    else {
      second[i] = Math.min(first[i] + 1, inSize - 1);
      weight[i] = Math.min(Math.max(position - first[i], 0), 1);
    }
  }
  return { first, second, weight };
}

function positions(
  { mode, alignCorners, scaleFactor }: UpsampleAttributes,
  axis: 0 | 1,
  inSize: number,
  outSize: number,
): (index: number) => number {
  if (alignCorners) {
    const step = outSize > 1 ? (inSize - 1) / (outSize - 1) : 0;
    return (index) => index * step;
  }
  // The scale that was given counts, also where the side was rounded.
  const step = scaleFactor === null ? inSize / outSize : 1 / scaleFactor[axis];
  if (mode === 'bilinear') {
    return (index) => (inSize === outSize ? index : Math.max(0, (index + 0.5) * step - 0.5));
  }
  const rounded = Math.fround(step);
  return (index) => Math.fround(index * rounded);
}

export const upsampleOperator: Operator<UpsampleAttributes, readonly ['input']> = {
  op: 'upsample',
  operands: ['input'],

  outputShape([input], { size, scaleFactor }) {
    const { channels, height, width, with: resized } = imageShape(input, 'upsample');
    const [down, across] = scaleFactor ?? [1, 1];
    const sides = size ?? [Math.floor(height * down), Math.floor(width * across)];
    if (Math.min(height, width, ...sides) < 1) {
      throw new ShapeError(
        `upsample: input ${formatShape(input)} and a result of ${sides.join(' x ')} pixels need at least one pixel each.`,
      );
    }
    return resized(channels, sides[0], sides[1]);
  },

  run([input], attributes) {
    const shape = this.outputShape([input.shape], attributes);
    const [rows, columns] = bothAxes(attributes, input.shape, shape);
    const [height, width] = input.shape.slice(-2);
    const [outHeight, outWidth] = shape.slice(-2);
    const isNearest = attributes.mode === 'nearest';
    const from = input.data;
    const out = Tensor.zeros(shape);
    for (let to = 0, row = 0; to < out.size; to += outWidth, row++) {
      const plane = Math.floor(row / outHeight) * height;
      const y = row % outHeight;
      const [above, below] = [(plane + rows.first[y]) * width, (plane + rows.second[y]) * width];
      const down = rows.weight[y];
      for (let x = 0; x < outWidth; x++) {
        const [left, right, across] = [columns.first[x], columns.second[x], columns.weight[x]];
        if (isNearest) out.data[to + x] = from[above + left];
        else {
          const upper = (1 - across) * from[above + left] + across * from[above + right];
          const lower = (1 - across) * from[below + left] + across * from[below + right];
          out.data[to + x] = (1 - down) * upper + down * lower;
        }
      }
    }
    return out;
  },

  inputRegions({ left, right, top, bottom }, [input], attributes) {
    const shape = this.outputShape([input], attributes);
    const [rows, columns] = bothAxes(attributes, input, shape);
    return [
      {
        top: rows.first[top],
        bottom: rows.second[bottom - 1] + 1,
        left: columns.first[left],
        right: columns.second[right - 1] + 1,
      },
    ];
  },
};

function bothAxes(
  attributes: UpsampleAttributes,
  input: Shape,
  shape: Shape,
): [rows: AxisSamples, columns: AxisSamples] {
  const [height, width] = input.slice(-2);
  const [outHeight, outWidth] = shape.slice(-2);
  return [
    axisSamples(attributes, 0, height, outHeight),
    axisSamples(attributes, 1, width, outWidth),
  ];
}

/**
 * Pictures of other sides, larger or smaller: each pixel the nearest of the input, or a mean of the four around, by their
 * distance. As PyTorch does it, without smoothing when sides shrink.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 3), [1, 1, 1, 2]);
 * upsample(x, { scaleFactor: [1, 2] }).data; // [1, 1, 3, 3]
 * upsample(x, { size: [1, 3], mode: 'bilinear', alignCorners: true }).data; // [1, 2, 3]
 * ```
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`.
 * @throws ShapeError unless there is either a size or a scale, or for options that do not go together.
 * @see torch.nn.functional.interpolate
 */
export function upsample(input: Tensor, options: UpsampleOptions): Tensor {
  return runOperator(upsampleOperator, [input], resolveUpsample(options));
}
