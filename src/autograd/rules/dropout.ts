import { dropoutOperator } from '../../tensor/training/dropout.js';
import { gradientRule, operand } from '../rule.js';

/** The same elements, dropped anew. */
export const dropoutGradient = gradientRule(dropoutOperator, (node) => [
  node.g.apply(dropoutOperator, [node.gradient, operand(node, 1)], node.attributes),
  null,
]);
