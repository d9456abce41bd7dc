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
import { groupNormGradientOperator } from './groupNormGradient.js';
import { instanceNorm2dGradientOperator } from './instanceNorm2dGradient.js';
import { jointNorm2dGradientOperator } from './jointNorm2dGradient.js';
import { maxPool2dGradientOperator } from './maxPool2dGradient.js';
import { padGradientOperator } from './padGradient.js';
import { sgdMomentumOperator, sgdUpdateOperator } from './sgd.js';
import { upsampleGradientOperator } from './upsampleGradient.js';

/** Operators of gradients and optimisers, which nothing has that only translates: builds for that leave them out. */
export const GRADIENT_OPERATORS = [
  adamFirstMomentOperator,
  adamSecondMomentOperator,
  adamUpdateOperator,
  adaptiveAvgPool2dGradientOperator,
  adaptiveMaxPool2dGradientOperator,
  avgPool2dGradientOperator,
  conv2dWeightGradientOperator,
  groupNormGradientOperator,
  instanceNorm2dGradientOperator,
  jointNorm2dGradientOperator,
  maxPool2dGradientOperator,
  maximumOperator,
  padGradientOperator,
  sgdMomentumOperator,
  sgdUpdateOperator,
  upsampleGradientOperator,
] as readonly unknown[] as readonly Operator[];
