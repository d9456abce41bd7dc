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
import type { Pair } from './shape.js';
import { Tensor } from './tensor.js';

export interface AvgPool2dOptions extends PoolOptions {
  /** Whether the zeros of the padding count. Default: true. */
  readonly countIncludePad?: boolean;
}

export interface AvgPool2dAttributes extends PoolAttributes {
  readonly countIncludePad: boolean;
}

/** @throws ShapeError for options that do not go together. */
export function resolveAvgPool2d(
  kernelSize: Pair,
  options: AvgPool2dOptions = {},
): AvgPool2dAttributes {
  checkOptions('avgPool2d', options);
  const { countIncludePad = true } = options;
  return { ...resolvePool('avgPool2d', kernelSize, options), countIncludePad };
}

export const avgPool2dOperator: Operator<AvgPool2dAttributes, readonly ['input']> = {
  op: 'avgPool2d',
  operands: ['input'],

  outputShape: ([input], attributes) => pooledShape('avgPool2d', input, attributes),

  run([{ data, shape: inputShape }], attributes) {
    const { countIncludePad } = attributes;
    const shape = this.outputShape([inputShape], attributes);
    const width = inputShape[inputShape.length - 1];
    const out = poolPlanes(inputShape, shape, attributes, [1, 1], (rows, columns, plane) => {
      let sum = 0;
      for (let i = 0; i < rows.count; i++) {
        const from = plane + (rows.first + i) * width + columns.first;
        for (let j = 0; j < columns.count; j++) sum += data[from + j];
      }
      return sum / (countIncludePad ? rows.padded * columns.padded : rows.count * columns.count);
    });
    return new Tensor(out, shape);
  },

  inputRegions: (region, _, attributes) => [pooledRegion(region, attributes)],
};

/**
 * The mean of each window.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 2, 3, 6), [1, 1, 2, 2]);
 * avgPool2d(x, 2).data; // [3]
 * ```
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`.
 * @throws ShapeError where no window fits, or for options that do not go together.
 * @see torch.nn.AvgPool2d
 */
export function avgPool2d(input: Tensor, kernelSize: Pair, options: AvgPool2dOptions = {}): Tensor {
  return runOperator(avgPool2dOperator, [input], resolveAvgPool2d(kernelSize, options));
}
