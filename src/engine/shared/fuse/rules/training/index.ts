import type { OperatorRule } from '../../rule.js';
import { expandRule } from './expand.js';
import { GRADIENT_FUSE_RULES } from './gradients.js';
import { jointNorm2dRule } from './jointNorm2d.js';
import { jointVarianceRule } from './jointVariance.js';
import { pixelUnshuffleRule } from './pixelUnshuffle.js';
import { sumRule } from './sum.js';
import { absRule, signRule, softplusRule, sqrtRule } from './unary.js';
import { varianceRule } from './variance.js';

/** Operators of losses, gradients and optimisers; some are in networks that other libraries have written, too. */
export const TRAINING_FUSE_RULES: readonly OperatorRule[] = [
  ...GRADIENT_FUSE_RULES,
  absRule,
  expandRule,
  jointNorm2dRule,
  jointVarianceRule,
  pixelUnshuffleRule,
  signRule,
  softplusRule,
  sqrtRule,
  sumRule,
  varianceRule,
];
