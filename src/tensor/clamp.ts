import { ShapeError } from '../errors.js';
import { checkOptions } from './callerValues.js';
import { type Operator, runOperator } from './operator.js';
import { pointwiseRegions } from './region.js';
import { Tensor } from './tensor.js';

export interface ClampOptions {
  /** Default: none. */
  readonly min?: number;
  /** Default: none. */
  readonly max?: number;
}

/** Bounds in float32; infinite where there is none. */
export interface ClampAttributes {
  readonly min: number;
  readonly max: number;
}

/** @throws ShapeError where neither bound is given, or one is NaN. */
export function resolveClamp(options: ClampOptions): ClampAttributes {
  checkOptions('clamp', options);
  const { min, max } = options;
  if ((min ?? max) === undefined || Number.isNaN(min) || Number.isNaN(max)) {
    throw new ShapeError(
      `clamp: give min, max or both, such as { min: 0 }, but got { min: ${min}, max: ${max} }.`,
    );
  }
  return {
    min: Math.fround(min ?? Number.NEGATIVE_INFINITY),
    max: Math.fround(max ?? Number.POSITIVE_INFINITY),
  };
}

export const clampOperator: Operator<ClampAttributes, readonly ['input']> = {
  op: 'clamp',
  operands: ['input'],
  outputShape: ([input]) => [...input],
  run: ([input], { min, max }) => {
    const from = input.data;
    const out = new Float32Array(from.length);
    for (let i = 0; i < out.length; i++) {
      const raised = from[i] < min ? min : from[i];
      out[i] = raised > max ? max : raised;
    }
    return new Tensor(out, input.shape);
  },
  inputRegions: pointwiseRegions,
};

/**
 * Every element within `min … max`: what is less becomes `min`, what is more `max`. Any shape. NaN stays NaN; where `min` is
 * above `max`, everything becomes `max`.
 *
 * ```ts
 * clamp(new Tensor(Float32Array.of(-2, 0.5, 7), [3]), { min: 0, max: 1 }).data; // [0, 0.5, 1]
 * ```
 *
 * @throws ShapeError where neither bound is given, or one is NaN.
 * @see torch.clamp
 */
export function clamp(input: Tensor, options: ClampOptions): Tensor {
  return runOperator(clampOperator, [input], resolveClamp(options));
}
