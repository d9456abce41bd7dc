import { padOperator } from '../../tensor/pad.js';
import { reflectionPad2dOperator } from '../../tensor/reflectionPad2d.js';
import { padGradientOperator } from '../../tensor/training/padGradient.js';
import { sidesOf } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

export const padGradient = gradientRule(padOperator, (node) => [
  node.g.apply(padGradientOperator, [node.gradient], {
    ...node.attributes,
    size: sidesOf(operand(node, 0).shape),
  }),
]);

export const reflectionPad2dGradient = gradientRule(reflectionPad2dOperator, (node) => [
  node.g.apply(padGradientOperator, [node.gradient], {
    mode: 'reflect',
    padding: node.attributes.padding,
    size: sidesOf(operand(node, 0).shape),
  }),
]);
