import { ShapeError } from '../errors.js';
import type { Tensor } from './tensor.js';

export interface NormOptions {
  /** Scale a channel, `[C]`; 1 when absent. */
  readonly weight?: Tensor | null;
  /** Shift a channel, `[C]`; 0 when absent. */
  readonly bias?: Tensor | null;
  /** `[C]`; with `runningVar`, used in place of the input's own statistics. */
  readonly runningMean?: Tensor | null;
  readonly runningVar?: Tensor | null;
  /** Added to the variance; 1e-5 when absent. */
  readonly eps?: number;
}

export interface NormParams {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly runningMean: Tensor | null;
  readonly runningVar: Tensor | null;
  readonly eps: number;
}

/** @throws ShapeError when only one of the running statistics is given. */
export function resolveNorm(op: string, options: NormOptions): NormParams {
  const { weight = null, bias = null, runningMean = null, runningVar = null, eps = 1e-5 } = options;
  if ((runningMean === null) !== (runningVar === null)) {
    throw new ShapeError(`${op}: runningMean and runningVar go together, but only one was given.`);
  }
  return { weight, bias, runningMean, runningVar, eps };
}

/** Each parameter must have one element a channel. */
export function checkNorm(op: string, channels: number, params: NormParams): void {
  const { weight, bias, runningMean, runningVar } = params;
  for (const [name, tensor] of Object.entries({ runningMean, runningVar, weight, bias })) {
    if (tensor !== null && tensor.size !== channels) {
      throw new ShapeError(
        `${op}: ${name} should contain ${channels} elements not ${tensor.size}.`,
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
