import type { Lowering } from '../lowering.js';
import * as activations from './activations.js';
import * as arithmetic from './arithmetic.js';
import { greater, where } from './choices.js';
import { conv } from './conv.js';
import { convTranspose } from './convTranspose.js';
import { affine, crop, imageScaler } from './experimental.js';
import { erf, gelu } from './gelu.js';
import * as norms from './norms.js';
import { pad } from './pad.js';
import { concat, gather, slice, split } from './parts.js';
import { averagePool, globalAveragePool, globalMaxPool, maxPool } from './pools.js';
import { gemm, matMul, softmax } from './products.js';
import { reduceMax, reduceMean, reduceSum } from './reductions.js';
import { resize } from './resize.js';
import { cast, depthToSpace, identity, reshape, spaceToDepth, transpose } from './shapes.js';

/** Every operator of ONNX that is known here, by its name. What is constant is folded before: `../fold.ts`. */
export const LOWERINGS: ReadonlyMap<string, Lowering> = new Map<string, Lowering>([
  ['Abs', activations.abs],
  ['Add', arithmetic.add],
  ['Affine', affine],
  ['AveragePool', averagePool],
  ['BatchNormalization', norms.batchNormalization],
  ['Cast', cast],
  ['Clip', activations.clip],
  ['Concat', concat],
  ['Conv', conv],
  ['ConvTranspose', convTranspose],
  ['Crop', crop],
  ['DepthToSpace', depthToSpace],
  ['Div', arithmetic.div],
  ['Dropout', identity],
  ['Elu', activations.elu],
  ['Erf', erf],
  ['Exp', activations.exp],
  ['Flatten', reshape],
  ['Gather', gather],
  ['Gelu', gelu],
  ['Gemm', gemm],
  ['GlobalAveragePool', globalAveragePool],
  ['GlobalMaxPool', globalMaxPool],
  ['Greater', greater],
  ['GroupNormalization', norms.groupNormalization],
  ['HardSigmoid', activations.hardSigmoid],
  ['HardSwish', activations.hardSwish],
  ['Identity', identity],
  ['ImageScaler', imageScaler],
  ['InstanceNormalization', norms.instanceNormalization],
  ['LayerNormalization', norms.layerNormalization],
  ['LeakyRelu', activations.leakyRelu],
  ['MatMul', matMul],
  ['Max', arithmetic.max],
  ['MaxPool', maxPool],
  ['Min', arithmetic.min],
  ['Mish', activations.mish],
  ['Mul', arithmetic.mul],
  ['Neg', activations.neg],
  ['PRelu', activations.prelu],
  ['Pad', pad],
  ['Pow', arithmetic.pow],
  ['Reciprocal', activations.reciprocal],
  ['ReduceMax', reduceMax],
  ['ReduceMean', reduceMean],
  ['ReduceSum', reduceSum],
  ['Relu', activations.relu],
  ['Reshape', reshape],
  ['Resize', resize],
  ['Selu', activations.selu],
  ['Sigmoid', activations.sigmoid],
  ['Slice', slice],
  ['Softmax', softmax],
  ['Softplus', activations.softplus],
  ['Softsign', activations.softsign],
  ['SpaceToDepth', spaceToDepth],
  ['Split', split],
  ['Sqrt', activations.sqrt],
  ['Squeeze', reshape],
  ['Sub', arithmetic.sub],
  ['Sum', arithmetic.sum],
  ['Swish', activations.swish],
  ['Tanh', activations.tanh],
  ['Transpose', transpose],
  ['Unsqueeze', reshape],
  ['Upsample', resize],
  ['Where', where],
]);
