import {
  adaptiveMaxPool2dGradientOperator,
  adaptiveMaxPoolWindows,
} from '../../../../../tensor/training/adaptiveMaxPool2dGradient.js';
import { rule } from '../../rule.js';
import { fuseMaxima } from './maxima.js';

export const adaptiveMaxPool2dGradientRule = rule(
  adaptiveMaxPool2dGradientOperator,
  (fuser, node) => fuseMaxima(fuser, node, adaptiveMaxPoolWindows(node.shape, node.attributes)),
);
