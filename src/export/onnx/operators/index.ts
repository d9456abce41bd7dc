import type { Spelling } from '../spelling.js';
import { addSpelling } from './add.js';
import { avgPool2dSpelling } from './avgPool2d.js';
import { batchNorm2dSpelling } from './batchNorm2d.js';
import { catSpelling } from './cat.js';
import { clampSpelling } from './clamp.js';
import { conv2dSpelling } from './conv2d.js';
import { convTranspose2dSpelling } from './convTranspose2d.js';
import { instanceNorm2dSpelling } from './instanceNorm2d.js';
import { leakyReluSpelling } from './leakyRelu.js';
import { maxPool2dSpelling } from './maxPool2d.js';
import { mulSpelling } from './mul.js';
import { padSpelling } from './pad.js';
import { reflectionPad2dSpelling } from './reflectionPad2d.js';
import { reluSpelling } from './relu.js';
import { sigmoidSpelling } from './sigmoid.js';
import { tanhSpelling } from './tanh.js';
import { upsampleSpelling } from './upsample.js';

/** Every operator that ONNX has. */
export const SPELLINGS: readonly Spelling[] = [
  addSpelling,
  avgPool2dSpelling,
  batchNorm2dSpelling,
  catSpelling,
  clampSpelling,
  conv2dSpelling,
  convTranspose2dSpelling,
  instanceNorm2dSpelling,
  leakyReluSpelling,
  maxPool2dSpelling,
  mulSpelling,
  padSpelling,
  reflectionPad2dSpelling,
  reluSpelling,
  sigmoidSpelling,
  tanhSpelling,
  upsampleSpelling,
];
