import { checkOptions } from './callerValues.js';
import { type Operator, runOperator } from './operator.js';
import {
  type PoolAttributes,
  type PoolOptions,
  pooledRegion,
  pooledShape,
  poolPlanes,
  resolvePool,
} from './pooling.js';
import { type Pair, toPair } from './shape.js';
import { Tensor } from './tensor.js';

export interface MaxPool2dOptions extends PoolOptions {
  /** Pixels from one of the window to the next. Default: 1. */
  readonly dilation?: Pair;
}

export interface MaxPool2dAttributes extends PoolAttributes {
  readonly dilation: readonly [number, number];
}

/** @throws ShapeError for options that do not go together. */
export function resolveMaxPool2d(
  kernelSize: Pair,
  options: MaxPool2dOptions = {},
): MaxPool2dAttributes {
  checkOptions('maxPool2d', options);
  const { dilation = 1 } = options;
  return {
    ...resolvePool('maxPool2d', kernelSize, options),
    dilation: toPair(dilation, 'maxPool2d: dilation', 1),
  };
}

export const maxPool2dOperator: Operator<MaxPool2dAttributes, readonly ['input']> = {
  op: 'maxPool2d',
  operands: ['input'],

  outputShape: ([input], attributes) =>
    pooledShape('maxPool2d', input, attributes, attributes.dilation),

  run([{ data, shape: inputShape }], attributes) {
    const { dilation } = attributes;
    const shape = this.outputShape([inputShape], attributes);
    const width = inputShape[inputShape.length - 1];
    const out = poolPlanes(inputShape, shape, attributes, dilation, (rows, columns, plane) => {
      let most = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < rows.count; i++) {
        const row = plane + (rows.first + i * dilation[0]) * width;
        for (let j = 0; j < columns.count; j++) {
          most = Math.max(most, data[row + columns.first + j * dilation[1]]);
        }
      }
      return most;
    });
    return new Tensor(out, shape);
  },

  inputRegions: (region, _, attributes) => [pooledRegion(region, attributes, attributes.dilation)],
};

/**
 * The largest element of each window; NaN where there is one. What lies beyond the edge is less than any.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 2, 3, 6), [1, 1, 2, 2]);
 * maxPool2d(x, 2).data; // [6]
 * ```
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`.
 * @throws ShapeError where no window fits, or for options that do not go together.
 * @see torch.nn.MaxPool2d
 */
export function maxPool2d(input: Tensor, kernelSize: Pair, options: MaxPool2dOptions = {}): Tensor {
  return runOperator(maxPool2dOperator, [input], resolveMaxPool2d(kernelSize, options));
}
