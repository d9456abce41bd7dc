import type { ModuleWriter } from '../../../../emit/module.js';
import type { Target } from '../../kernels/target.js';
import type { ConvolutionStage } from '../stages.js';
import { planColumns } from './columns.js';
import type { Machine, PlannedConvolution } from './common.js';
import { planFewOutputs } from './fewOutputs.js';
import { planFewPixels } from './fewPixels.js';
import { planGrouped } from './grouped.js';
import { planImplicitGemm } from './implicitGemm.js';
import { planWinograd } from './winograd.js';

/** Writes the kernels of a convolution into `module`, and cuts it into steps and work items. */
export function planConvolution(
  stage: ConvolutionStage,
  module: ModuleWriter,
  target: Target,
  machine: Machine,
): PlannedConvolution {
  const context = { module, target, ...machine };
  const { name } = stage.method;
  switch (name) {
    case 'implicitGemm':
      return planImplicitGemm(stage, context);
    case 'fewOutputs':
      return planFewOutputs(stage, context);
    case 'fewPixels':
      return planFewPixels(stage, context);
    case 'grouped':
      return planGrouped(stage, context);
    case 'columns':
      return planColumns(stage, context);
    default:
      return planWinograd(stage, name, context);
  }
}
