// `cyclegan-ts/nn`: modules that mirror torch.nn, the graphs that they trace, and tensors.

export {
  GraphBuilder,
  type GraphNames,
  type ParameterSource,
  type Traceable,
} from '../graph/builder.js';
export type {
  Assignment,
  ConstantLeaf,
  Graph,
  GraphNode,
  InputLeaf,
  Leaf,
  ParameterLeaf,
  Value,
} from '../graph/graph.js';
export * from '../tensor/index.js';
export { AdaptiveAvgPool2d } from './adaptiveAvgPool2d.js';
export { AdaptiveMaxPool2d } from './adaptiveMaxPool2d.js';
export { AvgPool2d } from './avgPool2d.js';
export { BatchNorm2d } from './batchNorm2d.js';
export {
  type CompileModuleOptions,
  compile,
  compileGraph,
  namesOf,
  traceGraph,
  warmUp,
} from './compile.js';
export { Conv2d, type Conv2dModuleOptions, type PaddingMode } from './conv2d.js';
export { ConvTranspose2d, type ConvTranspose2dModuleOptions } from './convTranspose2d.js';
export { Dropout } from './dropout.js';
export { Dropout2d } from './dropout2d.js';
export { Flatten } from './flatten.js';
export { GroupNorm, type GroupNormModuleOptions } from './groupNorm.js';
export { Hardtanh } from './hardtanh.js';
export { Identity } from './identity.js';
export { type InitType, type InitWeightsOptions, initWeights } from './initWeights.js';
export { InstanceNorm2d } from './instanceNorm2d.js';
export { LeakyReLU } from './leakyRelu.js';
export { Linear, type LinearOptions } from './linear.js';
export {
  type LoadStateDictOptions,
  type LoadStateDictResult,
  type Shaped,
  type StateDict,
  StateDictError,
  type TensorLike,
} from './loadStateDict.js';
export { MaxPool2d } from './maxPool2d.js';
export { type ForwardOptions, Module } from './module.js';
export type { NormModuleOptions } from './norm.js';
export { Parameter } from './parameter.js';
export { PixelShuffle } from './pixelShuffle.js';
export { PReLU } from './prelu.js';
export { manualSeed } from './random.js';
export { ReflectionPad2d } from './reflectionPad2d.js';
export { ReLU } from './relu.js';
export { ReplicationPad2d } from './replicationPad2d.js';
export { Sequential } from './sequential.js';
export { Sigmoid } from './sigmoid.js';
export { Softmax } from './softmax.js';
export { Tanh } from './tanh.js';
export { Upsample } from './upsample.js';
export { ZeroPad2d } from './zeroPad2d.js';
