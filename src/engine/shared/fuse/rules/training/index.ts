import type { OperatorRule } from '../../rule.js';
import { adaptiveAvgPool2dGradientRule } from './adaptiveAvgPool2dGradient.js';
import { adaptiveMaxPool2dGradientRule } from './adaptiveMaxPool2dGradient.js';
import { avgPool2dGradientRule } from './avgPool2dGradient.js';
import { dropoutRule } from './dropout.js';
import { expandRule } from './expand.js';
import { gateRule } from './gate.js';
import { groupNormGradientRule } from './groupNormGradient.js';
import { instanceNorm2dGradientRule } from './instanceNorm2dGradient.js';
import { jointNorm2dRule } from './jointNorm2d.js';
import { jointNorm2dGradientRule } from './jointNorm2dGradient.js';
import { jointVarianceRule } from './jointVariance.js';
import { maxPool2dGradientRule } from './maxPool2dGradient.js';
import {
  adamFirstMomentRule,
  adamSecondMomentRule,
  adamUpdateRule,
  maximumRule,
  sgdMomentumRule,
  sgdUpdateRule,
} from './optimizers.js';
import { padGradientRule } from './padGradient.js';
import { pixelUnshuffleRule } from './pixelUnshuffle.js';
import { sumRule } from './sum.js';
import { absRule, signRule, softplusRule, sqrtRule } from './unary.js';
import { upsampleGradientRule } from './upsampleGradient.js';
import { varianceRule } from './variance.js';

/** Operators of losses, gradients and optimisers. */
export const TRAINING_FUSE_RULES: readonly OperatorRule[] = [
  absRule,
  adamFirstMomentRule,
  adamSecondMomentRule,
  adamUpdateRule,
  adaptiveAvgPool2dGradientRule,
  adaptiveMaxPool2dGradientRule,
  avgPool2dGradientRule,
  dropoutRule,
  expandRule,
  gateRule,
  groupNormGradientRule,
  instanceNorm2dGradientRule,
  jointNorm2dRule,
  jointNorm2dGradientRule,
  jointVarianceRule,
  maxPool2dGradientRule,
  maximumRule,
  padGradientRule,
  pixelUnshuffleRule,
  sgdMomentumRule,
  sgdUpdateRule,
  signRule,
  softplusRule,
  sqrtRule,
  sumRule,
  upsampleGradientRule,
  varianceRule,
];
