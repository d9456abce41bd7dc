import { adaptiveAvgPool2dOperator } from './adaptiveAvgPool2d.js';
import { adaptiveMaxPool2dOperator } from './adaptiveMaxPool2d.js';
import { addOperator } from './add.js';
import { avgPool2dOperator } from './avgPool2d.js';
import { batchNorm2dOperator } from './batchNorm2d.js';
import { catOperator } from './cat.js';
import { clampOperator } from './clamp.js';
import { conv2dOperator } from './conv2d.js';
import { convTranspose2dOperator } from './convTranspose2d.js';
import { divOperator } from './div.js';
import { groupNormOperator } from './groupNorm.js';
import { instanceNorm2dOperator } from './instanceNorm2d.js';
import { leakyReluOperator } from './leakyRelu.js';
import { linearOperator } from './linear.js';
import { maxPool2dOperator } from './maxPool2d.js';
import { mulOperator } from './mul.js';
import { narrowOperator } from './narrow.js';
import type { Operator } from './operator.js';
import { padOperator } from './pad.js';
import { pixelShuffleOperator } from './pixelShuffle.js';
import { preluOperator } from './prelu.js';
import { reflectionPad2dOperator } from './reflectionPad2d.js';
import { reluOperator } from './relu.js';
import { reshapeOperator } from './reshape.js';
import { sigmoidOperator } from './sigmoid.js';
import { softmaxOperator } from './softmax.js';
import { subOperator } from './sub.js';
import { tanhOperator } from './tanh.js';
import { upsampleOperator } from './upsample.js';

/** Every operator that there is; a test holds the other floors to it. */
export const OPERATORS = [
  adaptiveAvgPool2dOperator,
  adaptiveMaxPool2dOperator,
  addOperator,
  avgPool2dOperator,
  batchNorm2dOperator,
  catOperator,
  clampOperator,
  conv2dOperator,
  convTranspose2dOperator,
  divOperator,
  groupNormOperator,
  instanceNorm2dOperator,
  leakyReluOperator,
  linearOperator,
  maxPool2dOperator,
  mulOperator,
  narrowOperator,
  padOperator,
  pixelShuffleOperator,
  preluOperator,
  reflectionPad2dOperator,
  reluOperator,
  reshapeOperator,
  sigmoidOperator,
  softmaxOperator,
  subOperator,
  tanhOperator,
  upsampleOperator,
] as readonly unknown[] as readonly Operator[];
