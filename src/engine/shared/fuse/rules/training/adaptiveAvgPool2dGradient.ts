import {
  adaptiveAvgPool2dGradientOperator,
  adaptiveAvgPoolAdjoints,
} from '../../../../../tensor/training/adaptiveAvgPool2dGradient.js';
import { rule } from '../../rule.js';
import { fuseGather } from './gather.js';

export const adaptiveAvgPool2dGradientRule = rule(
  adaptiveAvgPool2dGradientOperator,
  (fuser, node) => fuseGather(fuser, node, adaptiveAvgPoolAdjoints(node.attributes)),
);
