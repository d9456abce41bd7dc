import { CycleganError } from '../errors.js';
import type { GraphBuilder, Value } from '../graph/builder.js';
import type { NormOperands } from '../tensor/normalize.js';
import type { OperandsOf } from '../tensor/operator.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { bool, float } from './repr.js';

export interface NormModuleOptions {
  readonly eps?: number;
  readonly momentum?: number;
  /** Learned scale and shift per channel. */
  readonly affine?: boolean;
  /** Whether running statistics are kept, and used in eval mode. */
  readonly trackRunningStats?: boolean;
}

/** What InstanceNorm2d and BatchNorm2d share. @see torch.nn.modules.batchnorm._NormBase */
export abstract class Norm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  /** `[numFeatures]` each. */
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly runningMean: Parameter | null;
  readonly runningVar: Parameter | null;

  constructor(numFeatures: number, options: Required<NormModuleOptions>) {
    super();
    const { eps, momentum, affine, trackRunningStats } = options;
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.affine = affine;
    this.trackRunningStats = trackRunningStats;
    const filled = (wanted: boolean, value: number) =>
      wanted ? Parameter.filled([numFeatures], value) : null;
    this.weight = this.registerParameter('weight', filled(affine, 1));
    this.bias = this.registerParameter('bias', filled(affine, 0));
    this.runningMean = this.registerBuffer('running_mean', filled(trackRunningStats, 0));
    this.runningVar = this.registerBuffer('running_var', filled(trackRunningStats, 1));
    this.registerBuffer('num_batches_tracked', trackRunningStats ? Parameter.filled([], 0) : null);
  }

  /** @throws CycleganError `ERR_TRAINING` in training mode where that would gather statistics. */
  protected operands(g: GraphBuilder, x: Value): OperandsOf<NormOperands, Value> {
    if (this.training && this.trackRunningStats) {
      throw new CycleganError(
        'ERR_TRAINING',
        `${this.constructor.name} would gather running statistics in training mode, which is not supported: call eval() first.`,
      );
    }
    const value = (parameter: Parameter | null) =>
      parameter === null ? null : g.parameter(parameter);
    return [
      x,
      value(this.weight),
      value(this.bias),
      value(this.runningMean),
      value(this.runningVar),
    ];
  }

  protected override extraRepr(): string {
    return `${this.numFeatures}, eps=${float(this.eps)}, momentum=${float(this.momentum)}, affine=${bool(this.affine)}, track_running_stats=${bool(this.trackRunningStats)}`;
  }
}
