import { addOperator } from './add.js';
import { avgPool2dOperator } from './avgPool2d.js';
import { batchNorm2dOperator } from './batchNorm2d.js';
import { catOperator } from './cat.js';
import { clampOperator } from './clamp.js';
import { conv2dOperator } from './conv2d.js';
import { convTranspose2dOperator } from './convTranspose2d.js';
import { instanceNorm2dOperator } from './instanceNorm2d.js';
import { leakyReluOperator } from './leakyRelu.js';
import { maxPool2dOperator } from './maxPool2d.js';
import { mulOperator } from './mul.js';
import type { Operator } from './operator.js';
import { padOperator } from './pad.js';
import { reflectionPad2dOperator } from './reflectionPad2d.js';
import { reluOperator } from './relu.js';
import { sigmoidOperator } from './sigmoid.js';
import { tanhOperator } from './tanh.js';
import { upsampleOperator } from './upsample.js';

/** Every operator that there is; a test holds the other floors to it. */
export const OPERATORS = [
  addOperator,
  avgPool2dOperator,
  batchNorm2dOperator,
  catOperator,
  clampOperator,
  conv2dOperator,
  convTranspose2dOperator,
  instanceNorm2dOperator,
  leakyReluOperator,
  maxPool2dOperator,
  mulOperator,
  padOperator,
  reflectionPad2dOperator,
  reluOperator,
  sigmoidOperator,
  tanhOperator,
  upsampleOperator,
] as readonly unknown[] as readonly Operator[];
