import type { Operator } from '../operator.js';
import {
  adamFirstMomentOperator,
  adamSecondMomentOperator,
  adamUpdateOperator,
  maximumOperator,
} from './adam.js';
import { adaptiveAvgPool2dGradientOperator } from './adaptiveAvgPool2dGradient.js';
import { adaptiveMaxPool2dGradientOperator } from './adaptiveMaxPool2dGradient.js';
import { avgPool2dGradientOperator } from './avgPool2dGradient.js';
import { conv2dWeightGradientOperator } from './conv2dWeightGradient.js';
import { dropoutOperator } from './dropout.js';
import {
  absOperator,
  gateOperator,
  signOperator,
  softplusOperator,
  sqrtOperator,
} from './elementwise.js';
import { expandOperator } from './expand.js';
import { groupNormGradientOperator } from './groupNormGradient.js';
import { instanceNorm2dGradientOperator } from './instanceNorm2dGradient.js';
import { jointNorm2dOperator } from './jointNorm2d.js';
import { jointNorm2dGradientOperator } from './jointNorm2dGradient.js';
import { jointVarianceOperator } from './jointVariance.js';
import { maxPool2dGradientOperator } from './maxPool2dGradient.js';
import { padGradientOperator } from './padGradient.js';
import { pixelUnshuffleOperator } from './pixelUnshuffle.js';
import { sgdMomentumOperator, sgdUpdateOperator } from './sgd.js';
import { sumOperator } from './sum.js';
import { upsampleGradientOperator } from './upsampleGradient.js';
import { varianceOperator } from './variance.js';

/** Operators of losses and gradients, which no network that translates has. */
export const TRAINING_OPERATORS = [
  absOperator,
  adamFirstMomentOperator,
  adamSecondMomentOperator,
  adamUpdateOperator,
  adaptiveAvgPool2dGradientOperator,
  adaptiveMaxPool2dGradientOperator,
  avgPool2dGradientOperator,
  conv2dWeightGradientOperator,
  dropoutOperator,
  expandOperator,
  gateOperator,
  groupNormGradientOperator,
  instanceNorm2dGradientOperator,
  jointNorm2dOperator,
  jointNorm2dGradientOperator,
  jointVarianceOperator,
  maxPool2dGradientOperator,
  maximumOperator,
  padGradientOperator,
  pixelUnshuffleOperator,
  sgdMomentumOperator,
  sgdUpdateOperator,
  signOperator,
  softplusOperator,
  sqrtOperator,
  sumOperator,
  upsampleGradientOperator,
  varianceOperator,
] as readonly unknown[] as readonly Operator[];
