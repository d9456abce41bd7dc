// `cyclegan-ts`: tensors, and operators as functions.
export { add } from './add.js';
export { batchNorm2d } from './batchNorm2d.js';
export { type Conv2dOptions, conv2d } from './conv2d.js';
export { type ConvTranspose2dOptions, convTranspose2d } from './convTranspose2d.js';
export { instanceNorm2d } from './instanceNorm2d.js';
export { leakyRelu } from './leakyRelu.js';
export type { NormOptions } from './normalize.js';
export type { OperandNames, OperandsOf, Operator } from './operator.js';
export { type PaddingSides, reflectionPad2d } from './reflectionPad2d.js';
export type { Region } from './region.js';
export { relu } from './relu.js';
export type { Pair, Shape } from './shape.js';
export { sigmoid } from './sigmoid.js';
export { tanh } from './tanh.js';
export { type ElementSource, Tensor } from './tensor.js';
