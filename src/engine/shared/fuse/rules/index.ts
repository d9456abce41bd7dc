import type { OperatorRule } from '../rule.js';
import { adaptiveAvgPool2dRule } from './adaptiveAvgPool2d.js';
import { adaptiveMaxPool2dRule } from './adaptiveMaxPool2d.js';
import { addRule } from './add.js';
import { avgPool2dRule } from './avgPool2d.js';
import { batchNorm2dRule } from './batchNorm2d.js';
import { catRule } from './cat.js';
import { clampRule } from './clamp.js';
import { conv2dRule } from './conv2d.js';
import { convTranspose2dRule } from './convTranspose2d.js';
import { divRule } from './div.js';
import { groupNormRule } from './groupNorm.js';
import { instanceNorm2dRule } from './instanceNorm2d.js';
import { leakyReluRule } from './leakyRelu.js';
import { linearRule } from './linear.js';
import { maxPool2dRule } from './maxPool2d.js';
import { mulRule } from './mul.js';
import { narrowRule } from './narrow.js';
import { padRule } from './pad.js';
import { pixelShuffleRule } from './pixelShuffle.js';
import { preluRule } from './prelu.js';
import { reflectionPad2dRule } from './reflectionPad2d.js';
import { reluRule } from './relu.js';
import { reshapeRule } from './reshape.js';
import { sigmoidRule } from './sigmoid.js';
import { softmaxRule } from './softmax.js';
import { subRule } from './sub.js';
import { tanhRule } from './tanh.js';
import { TRAINING_FUSE_RULES } from './training/index.js';
import { upsampleRule } from './upsample.js';

/** Every operator that becomes steps. */
export const FUSE_RULES: readonly OperatorRule[] = [
  adaptiveAvgPool2dRule,
  adaptiveMaxPool2dRule,
  addRule,
  avgPool2dRule,
  batchNorm2dRule,
  catRule,
  clampRule,
  conv2dRule,
  convTranspose2dRule,
  divRule,
  groupNormRule,
  instanceNorm2dRule,
  leakyReluRule,
  linearRule,
  maxPool2dRule,
  mulRule,
  narrowRule,
  padRule,
  pixelShuffleRule,
  preluRule,
  reflectionPad2dRule,
  reluRule,
  reshapeRule,
  sigmoidRule,
  softmaxRule,
  subRule,
  tanhRule,
  upsampleRule,
  ...TRAINING_FUSE_RULES,
];
