import type { OperatorRule } from '../rule.js';
import { addRule } from './add.js';
import { avgPool2dRule } from './avgPool2d.js';
import { batchNorm2dRule } from './batchNorm2d.js';
import { catRule } from './cat.js';
import { clampRule } from './clamp.js';
import { conv2dRule } from './conv2d.js';
import { convTranspose2dRule } from './convTranspose2d.js';
import { instanceNorm2dRule } from './instanceNorm2d.js';
import { leakyReluRule } from './leakyRelu.js';
import { maxPool2dRule } from './maxPool2d.js';
import { mulRule } from './mul.js';
import { padRule } from './pad.js';
import { reflectionPad2dRule } from './reflectionPad2d.js';
import { reluRule } from './relu.js';
import { sigmoidRule } from './sigmoid.js';
import { tanhRule } from './tanh.js';
import { upsampleRule } from './upsample.js';

/** Every operator that becomes steps. */
export const FUSE_RULES: readonly OperatorRule[] = [
  addRule,
  avgPool2dRule,
  batchNorm2dRule,
  catRule,
  clampRule,
  conv2dRule,
  convTranspose2dRule,
  instanceNorm2dRule,
  leakyReluRule,
  maxPool2dRule,
  mulRule,
  padRule,
  reflectionPad2dRule,
  reluRule,
  sigmoidRule,
  tanhRule,
  upsampleRule,
];
