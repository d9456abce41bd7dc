import type { SplitRule } from '../splitRule.js';
import { catSplit } from './cat.js';
import { conv2dWeightGradientSplit } from './conv2dWeightGradient.js';
import { dropoutSplit } from './dropout.js';
import { jointNorm2dGradientSplit, jointNorm2dSplit, jointVarianceSplit } from './joint.js';
import { narrowSplit } from './narrow.js';
import { expandSplit, reshapeSplit } from './resized.js';
import { softmaxSplit } from './softmax.js';
import { sumSplit } from './sum.js';

/** Every operator that is not applied to each picture of a batch as it is applied to the batch. */
export const SPLIT_RULES: readonly SplitRule[] = [
  catSplit,
  conv2dWeightGradientSplit,
  dropoutSplit,
  expandSplit,
  jointNorm2dGradientSplit,
  jointNorm2dSplit,
  jointVarianceSplit,
  narrowSplit,
  reshapeSplit,
  softmaxSplit,
  sumSplit,
];
