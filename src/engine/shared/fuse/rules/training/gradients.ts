import type { OperatorRule } from '../../rule.js';
import { conv2dWeightGradientRule } from '../conv2dWeightGradient.js';
import { adaptiveAvgPool2dGradientRule } from './adaptiveAvgPool2dGradient.js';
import { adaptiveMaxPool2dGradientRule } from './adaptiveMaxPool2dGradient.js';
import { avgPool2dGradientRule } from './avgPool2dGradient.js';
import { dropoutRule } from './dropout.js';
import { gateRule } from './gate.js';
import { groupNormGradientRule } from './groupNormGradient.js';
import { instanceNorm2dGradientRule } from './instanceNorm2dGradient.js';
import { jointNorm2dGradientRule } from './jointNorm2dGradient.js';
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
import { upsampleGradientRule } from './upsampleGradient.js';

/** Operators of gradients and optimisers, which nothing has that only translates: builds for that leave them out. */
export const GRADIENT_FUSE_RULES: readonly OperatorRule[] = [
  adamFirstMomentRule,
  adamSecondMomentRule,
  adamUpdateRule,
  adaptiveAvgPool2dGradientRule,
  adaptiveMaxPool2dGradientRule,
  avgPool2dGradientRule,
  conv2dWeightGradientRule,
  dropoutRule,
  gateRule,
  groupNormGradientRule,
  instanceNorm2dGradientRule,
  jointNorm2dGradientRule,
  maxPool2dGradientRule,
  maximumRule,
  padGradientRule,
  sgdMomentumRule,
  sgdUpdateRule,
  upsampleGradientRule,
];
