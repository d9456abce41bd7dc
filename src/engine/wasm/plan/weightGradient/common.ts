import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import type { Buffer } from '../../../shared/arena.js';
import type { WeightGradientStep } from '../../../shared/fuse/steps.js';
import type { Target } from '../../kernels/target.js';
import type { Machine } from '../convolution/common.js';
import type { Source } from '../source.js';
import type { WeightGradientMethod } from './method.js';

/** The gradient of a convolution's weight. */
export interface WeightGradientStage {
  readonly kind: 'weightGradient';
  readonly step: WeightGradientStep;
  readonly method: WeightGradientMethod;
  /** What the convolution read, and the gradient of what it gave; by GEMM, nothing is pending on them. */
  readonly source: Source;
  readonly gradient: Source;
  readonly to: Buffer;
}

/** As steps of the program, and what they need. */
export interface PlannedWeightGradient {
  readonly steps: readonly {
    readonly stage: FunctionHandle;
    readonly items: number;
    readonly args: readonly (Buffer | number | null)[];
  }[];
  readonly scratchBytes: number;
  /** Memory that the steps share. */
  readonly temporaries: readonly Buffer[];
}

export interface Context extends Machine {
  readonly module: ModuleWriter;
  readonly target: Target;
}
