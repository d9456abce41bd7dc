import type { Spelling } from '../spelling.js';
import { adaptiveAvgPool2dSpelling } from './adaptiveAvgPool2d.js';
import { adaptiveMaxPool2dSpelling } from './adaptiveMaxPool2d.js';
import { addSpelling } from './add.js';
import { avgPool2dSpelling } from './avgPool2d.js';
import { batchNorm2dSpelling } from './batchNorm2d.js';
import { catSpelling } from './cat.js';
import { clampSpelling } from './clamp.js';
import { conv2dSpelling } from './conv2d.js';
import { convTranspose2dSpelling } from './convTranspose2d.js';
import { divSpelling } from './div.js';
import { groupNormSpelling } from './groupNorm.js';
import { instanceNorm2dSpelling } from './instanceNorm2d.js';
import { leakyReluSpelling } from './leakyRelu.js';
import { linearSpelling } from './linear.js';
import { maxPool2dSpelling } from './maxPool2d.js';
import { mulSpelling } from './mul.js';
import { narrowSpelling } from './narrow.js';
import { padSpelling } from './pad.js';
import { pixelShuffleSpelling } from './pixelShuffle.js';
import { preluSpelling } from './prelu.js';
import { reflectionPad2dSpelling } from './reflectionPad2d.js';
import { reluSpelling } from './relu.js';
import { reshapeSpelling } from './reshape.js';
import { sigmoidSpelling } from './sigmoid.js';
import { softmaxSpelling } from './softmax.js';
import { subSpelling } from './sub.js';
import { tanhSpelling } from './tanh.js';
import { upsampleSpelling } from './upsample.js';

/** Every operator that ONNX has. */
export const SPELLINGS: readonly Spelling[] = [
  adaptiveAvgPool2dSpelling,
  adaptiveMaxPool2dSpelling,
  addSpelling,
  avgPool2dSpelling,
  batchNorm2dSpelling,
  catSpelling,
  clampSpelling,
  conv2dSpelling,
  convTranspose2dSpelling,
  divSpelling,
  groupNormSpelling,
  instanceNorm2dSpelling,
  leakyReluSpelling,
  linearSpelling,
  maxPool2dSpelling,
  mulSpelling,
  narrowSpelling,
  padSpelling,
  pixelShuffleSpelling,
  preluSpelling,
  reflectionPad2dSpelling,
  reluSpelling,
  reshapeSpelling,
  sigmoidSpelling,
  softmaxSpelling,
  subSpelling,
  tanhSpelling,
  upsampleSpelling,
];
