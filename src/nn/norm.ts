import { CycleganError } from '../errors.js';
import type { GraphBuilder, Value } from '../graph/builder.js';
import { mulOperator } from '../tensor/mul.js';
import type { NormOperands } from '../tensor/normalize.js';
import type { OperandsOf } from '../tensor/operator.js';
import { reshapeOperator } from '../tensor/reshape.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { bool, float } from './repr.js';
import { gatherStatistics } from './runningStatistics.js';

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
  /**
   * Whether each picture is normalised by its own mean and variance, though running statistics are there: what a script gets
   * that never calls `eval()`, with one picture at a time. Default: false.
   */
  ownStatistics = false;
  /** `[numFeatures]` each. */
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly runningMean: Parameter | null;
  readonly runningVar: Parameter | null;
  /** `[]`. */
  readonly numBatchesTracked: Parameter | null;

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
    const batches = trackRunningStats ? Parameter.filled([], 0) : null;
    this.numBatchesTracked = this.registerBuffer('num_batches_tracked', batches);
  }

  /** Whether this is a graph for training in which this norm is trained, and not frozen. */
  protected isTrained(g: GraphBuilder): boolean {
    return this.training && g.isTraining;
  }

  /**
   * Moves running statistics, if there are any, towards those of `x`.
   * @param batches Counts the batches.
   * @param jointly Whether pictures of a batch have one variance together.
   */
  protected gather(g: GraphBuilder, x: Value, batches: Parameter | null, jointly: boolean): void {
    const { runningMean: mean, runningVar: variance, momentum } = this;
    if (mean === null || variance === null) return;
    gatherStatistics(g, x, { mean, variance, batches }, { momentum, jointly });
  }

  /** What is normalised, scaled and shifted. */
  protected affineOf(g: GraphBuilder, normed: Value): Value {
    const byChannel = (parameter: Parameter) =>
      g.apply(reshapeOperator, [g.parameter(parameter)], { shape: [this.numFeatures, 1, 1] });
    const { weight, bias } = this;
    const scaled = weight === null ? normed : g.apply(mulOperator, [normed, byChannel(weight)], {});
    return bias === null ? scaled : g.add(scaled, byChannel(bias));
  }

  /** Operands of a norm by the value's own statistics. */
  protected ownOperands(g: GraphBuilder, x: Value): OperandsOf<NormOperands, Value> {
    return [x, parameterOf(g, this.weight), parameterOf(g, this.bias), null, null];
  }

  /** @throws CycleganError `ERR_TRAINING` in training mode where that would gather statistics. */
  protected operands(g: GraphBuilder, x: Value): OperandsOf<NormOperands, Value> {
    if (this.training && this.trackRunningStats && !this.ownStatistics) {
      throw new CycleganError(
        'ERR_TRAINING',
        `${this.constructor.name} would gather running statistics in training mode, which only graphs for training do: call eval() first.`,
      );
    }
    const own = this.ownOperands(g, x);
    if (this.ownStatistics) return own;
    const [input, weight, bias] = own;
    return [input, weight, bias, parameterOf(g, this.runningMean), parameterOf(g, this.runningVar)];
  }

  protected override extraRepr(): string {
    return `${this.numFeatures}, eps=${float(this.eps)}, momentum=${float(this.momentum)}, affine=${bool(this.affine)}, track_running_stats=${bool(this.trackRunningStats)}`;
  }
}

function parameterOf(g: GraphBuilder, parameter: Parameter | null): Value | null {
  return parameter === null ? null : g.parameter(parameter);
}
