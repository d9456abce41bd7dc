import { addOperator } from '../../tensor/add.js';
import { sumTo } from '../arithmetic.js';
import { gradientRule } from '../rule.js';

export const addGradient = gradientRule(addOperator, (node) =>
  node.operands.map((value, i) =>
    value !== null && node.needs(i) ? sumTo(node.g, node.gradient, value.shape) : null,
  ),
);
