import { ShapeError } from '../errors.js';
import { checkOptions } from './callerValues.js';
import type { OperandsOf } from './operator.js';
import { type Shape, sizeOf } from './shape.js';
import type { Tensor } from './tensor.js';

export interface NormOptions {
  /** Scale per channel, `[C]`; 1 when absent. */
  readonly weight?: Tensor | null;
  /** Shift per channel, `[C]`; 0 when absent. */
  readonly bias?: Tensor | null;
  /** `[C]`; with `runningVar`, used in place of the input's own statistics. */
  readonly runningMean?: Tensor | null;
  readonly runningVar?: Tensor | null;
  /** Added to the variance; 1e-5 when absent. */
  readonly eps?: number;
}

/** Names of what a norm computes with besides its input, in their order. */
export const NORM_OPERANDS = ['input', 'weight?', 'bias?', 'runningMean?', 'runningVar?'] as const;
export type NormOperands = typeof NORM_OPERANDS;

export interface NormAttributes {
  /** Added to the variance. */
  readonly eps: number;
}

export function resolveNorm({ eps = 1e-5 }: Pick<NormOptions, 'eps'> = {}): NormAttributes {
  return { eps };
}

/** A norm's operands as options name them. */
export function normOperands(
  op: string,
  input: Tensor,
  options: NormOptions,
): OperandsOf<NormOperands, Tensor> {
  checkOptions(op, options);
  const { weight = null, bias = null, runningMean = null, runningVar = null } = options;
  return [input, weight, bias, runningMean, runningVar];
}

/**
 * Each parameter must have one element per channel.
 * @throws ShapeError, also when only one of the running statistics is given.
 */
export function checkNorm(
  op: string,
  channels: number,
  [, weight, bias, runningMean, runningVar]: OperandsOf<NormOperands, Shape>,
): void {
  if ((runningMean === null) !== (runningVar === null)) {
    throw new ShapeError(`${op}: runningMean and runningVar go together, but only one was given.`);
  }
  for (const [name, shape] of Object.entries({ runningMean, runningVar, weight, bias })) {
    if (shape !== null && sizeOf(shape) !== channels) {
      throw new ShapeError(
        `${op}: ${name} should contain ${channels} elements not ${sizeOf(shape)}.`,
      );
    }
  }
}

/** Mean and biased variance of `count` elements from `start`, two passes in double precision. */
export function planeStatistics(
  data: Float32Array,
  start: number,
  count: number,
): { mean: number; variance: number } {
  let sum = 0;
  for (let i = start; i < start + count; i++) sum += data[i];
  const mean = sum / count;
  let squares = 0;
  for (let i = start; i < start + count; i++) {
    const d = data[i] - mean;
    squares += d * d;
  }
  return { mean, variance: squares / count };
}

/** `out = (input − mean) · scale + shift` over one plane. */
export function normalizePlane(
  input: Float32Array,
  start: number,
  count: number,
  mean: number,
  scale: number,
  shift: number,
  out: Float32Array,
): void {
  for (let i = start; i < start + count; i++) out[i] = (input[i] - mean) * scale + shift;
}
