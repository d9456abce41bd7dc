import { conv2dWeightGradientOperator } from '../../../../tensor/training/conv2dWeightGradient.js';
import { splitRule } from '../splitRule.js';
import { Unsplittable, wholeValue } from '../splitValue.js';

/** The sum of what pictures come to, each added at once, so that no more than two are in memory. */
export const conv2dWeightGradientSplit = splitRule(conv2dWeightGradientOperator, {
  join: (splitter, node) => {
    const [inputs, gradients] = [0, 1].map((i) => splitter.picturesOf(splitter.operand(node, i)));
    if (inputs.length !== gradients.length) throw new Unsplittable();
    const gradientOf = (n: number) =>
      splitter.add(node, [inputs[n], gradients[n]], node.attributes);
    let sum = gradientOf(0);
    for (let n = 1; n < inputs.length; n++) sum = splitter.sum(node, [sum, gradientOf(n)]);
    return wholeValue(node.shape, sum);
  },
});
