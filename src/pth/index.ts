// `cyclegan-ts/pth`: weight files.
export type { Dtype, StoredData } from './dtypes.js';
export { type CheckpointValue, loadCheckpoint } from './loadCheckpoint.js';
export { loadStateDict } from './loadStateDict.js';
export type { ModuleTree } from './moduleTree.js';
export type { PassedOver } from './passedOver.js';
export type { PlainValue } from './plainValue.js';
export { PthError } from './pthError.js';
export {
  type OpenWeightsOptions,
  openWeights,
  type StateDictOptions,
  type StoredTensor,
  type TensorInfo,
  type UnreadableInfo,
  type WeightFile,
  type WeightSource,
} from './weightFile.js';
export { type CheckpointToSave, encodeCheckpoint, saveCheckpoint } from './write/saveCheckpoint.js';
export type { TensorToSave } from './write/savedTensor.js';
export {
  encodeStateDict,
  type SaveStateDictOptions,
  saveStateDict,
} from './write/saveStateDict.js';
