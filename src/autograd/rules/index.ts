import type { GradientRule } from '../rule.js';
import { absGradient } from './abs.js';
import { adaptiveAvgPool2dGradient } from './adaptiveAvgPool2d.js';
import { adaptiveMaxPool2dGradient } from './adaptiveMaxPool2d.js';
import { addGradient } from './add.js';
import { avgPool2dGradient } from './avgPool2d.js';
import { catGradient } from './cat.js';
import { clampGradient } from './clamp.js';
import { conv2dGradient } from './conv2d.js';
import { convTranspose2dGradient } from './convTranspose2d.js';
import { divGradient } from './div.js';
import { dropoutGradient } from './dropout.js';
import { expandGradient } from './expand.js';
import { groupNormGradient } from './groupNorm.js';
import { batchNorm2dGradient, instanceNorm2dGradient } from './instanceNorm2d.js';
import { jointNorm2dGradient } from './jointNorm2d.js';
import { leakyReluGradient } from './leakyRelu.js';
import { linearGradient } from './linear.js';
import { maxPool2dGradient } from './maxPool2d.js';
import { mulGradient } from './mul.js';
import { narrowGradient } from './narrow.js';
import { padGradient, reflectionPad2dGradient } from './pad.js';
import { pixelShuffleGradient } from './pixelShuffle.js';
import { preluGradient } from './prelu.js';
import { reluGradient } from './relu.js';
import { reshapeGradient } from './reshape.js';
import { sigmoidGradient } from './sigmoid.js';
import { softmaxGradient } from './softmax.js';
import { softplusGradient } from './softplus.js';
import { sqrtGradient } from './sqrt.js';
import { subGradient } from './sub.js';
import { sumGradient } from './sum.js';
import { tanhGradient } from './tanh.js';
import { upsampleGradient } from './upsample.js';

/** Every operator that can be differentiated. */
export const GRADIENT_RULES: readonly GradientRule[] = [
  absGradient,
  adaptiveAvgPool2dGradient,
  adaptiveMaxPool2dGradient,
  addGradient,
  avgPool2dGradient,
  batchNorm2dGradient,
  catGradient,
  clampGradient,
  conv2dGradient,
  convTranspose2dGradient,
  divGradient,
  dropoutGradient,
  expandGradient,
  groupNormGradient,
  instanceNorm2dGradient,
  jointNorm2dGradient,
  leakyReluGradient,
  linearGradient,
  maxPool2dGradient,
  mulGradient,
  narrowGradient,
  padGradient,
  pixelShuffleGradient,
  preluGradient,
  reflectionPad2dGradient,
  reluGradient,
  reshapeGradient,
  sigmoidGradient,
  softmaxGradient,
  softplusGradient,
  sqrtGradient,
  subGradient,
  sumGradient,
  tanhGradient,
  upsampleGradient,
];
