// `cyclegan-ts`: training.
export {
  CycleGanModel,
  type CycleGanOptimizerState,
  type CycleGanStateDicts,
  type DiscriminatorInputs,
  type DiscriminatorLosses,
  type GeneratorLosses,
  type GeneratorResult,
} from './cycleGan/cycleGanModel.js';
export type { CycleGanNetworks, CycleGanOptions } from './cycleGan/options.js';
export { bceWithLogitsLoss } from './losses/bceWithLogitsLoss.js';
export { type GanMode, ganLoss } from './losses/ganLoss.js';
export { l1Loss } from './losses/l1Loss.js';
export { mseLoss } from './losses/mseLoss.js';
export type { LossOptions, Reduction } from './losses/reduce.js';
export { Adam, type AdamOptions } from './optim/adam.js';
export { LambdaLR, type LambdaLRState } from './optim/lambdaLR.js';
export {
  type Hyperparameters,
  type Optimizer,
  parametersOf,
  type Slots,
} from './optim/optimizer.js';
export type {
  GroupValue,
  OptimizerStateDict,
  ParameterState,
  ParamGroup,
} from './optim/optimizerState.js';
export { SGD, type SgdOptions } from './optim/sgd.js';
export { PRESETS, type PresetName } from './options/presets.js';
export { TRAIN_OPTIONS, type TrainSettings } from './options/trainOptions.js';
export type {
  CheckpointReport,
  IterationReport,
  TrainCallbacks,
  TrainOptions,
  TrainResult,
} from './run/options.js';
export { TrainingTroubleError } from './run/runWatch.js';
export { trainCycleGan } from './run/trainCycleGan.js';
export type { LogEntry } from './runLog.js';
export type { NamedModules } from './step/stepGraph.js';
export {
  type NamedLosses,
  type StepLosses,
  Trainer,
  type TrainerOptions,
} from './trainer.js';
