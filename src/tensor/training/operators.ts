import type { Operator } from '../operator.js';
import { dropoutOperator } from './dropout.js';
import {
  absOperator,
  gateOperator,
  signOperator,
  softplusOperator,
  sqrtOperator,
} from './elementwise.js';
import { expandOperator } from './expand.js';
import { GRADIENT_OPERATORS } from './gradientOperators.js';
import { jointNorm2dOperator } from './jointNorm2d.js';
import { jointVarianceOperator } from './jointVariance.js';
import { pixelUnshuffleOperator } from './pixelUnshuffle.js';
import { sumOperator } from './sum.js';
import { varianceOperator } from './variance.js';

/** Operators of losses and gradients, which no network that translates has. */
export const TRAINING_OPERATORS = [
  ...GRADIENT_OPERATORS,
  absOperator,
  dropoutOperator,
  expandOperator,
  gateOperator,
  jointNorm2dOperator,
  jointVarianceOperator,
  pixelUnshuffleOperator,
  signOperator,
  softplusOperator,
  sqrtOperator,
  sumOperator,
  varianceOperator,
] as readonly unknown[] as readonly Operator[];
