import { adaptiveAvgPool2dOperator } from '../../tensor/adaptiveAvgPool2d.js';
import { adaptiveAvgPool2dGradientOperator } from '../../tensor/training/adaptiveAvgPool2dGradient.js';
import { expand, scaled, sidesOf } from '../arithmetic.js';
import { gradientRule, operand } from '../rule.js';

/** Of the mean of whole planes, the gradient's share for every pixel. */
export const adaptiveAvgPool2dGradient = gradientRule(adaptiveAvgPool2dOperator, (node) => {
  const { g, gradient, attributes } = node;
  const { shape } = operand(node, 0);
  const inputSize = sidesOf(shape);
  const [height, width] = attributes.outputSize;
  return height === 1 && width === 1
    ? [expand(g, scaled(g, gradient, 1 / (inputSize[0] * inputSize[1])), shape)]
    : [g.apply(adaptiveAvgPool2dGradientOperator, [gradient], { ...attributes, inputSize })];
});
