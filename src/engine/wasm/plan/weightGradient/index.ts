import type { ModuleWriter } from '../../../../emit/module.js';
import type { Target } from '../../kernels/target.js';
import type { Machine } from '../convolution/common.js';
import type { PlannedWeightGradient, WeightGradientStage } from './common.js';
import { planWeightGradientGemm } from './gemm.js';
import { planWinogradGradient } from './winograd.js';

/** Writes the kernels of a weight's gradient into `module`, and cuts it into steps and work items. */
export function planWeightGradient(
  stage: WeightGradientStage,
  module: ModuleWriter,
  target: Target,
  machine: Machine,
): PlannedWeightGradient {
  const context = { module, target, ...machine };
  return stage.method === 'winograd'
    ? planWinogradGradient(stage, context)
    : planWeightGradientGemm(stage, context);
}
