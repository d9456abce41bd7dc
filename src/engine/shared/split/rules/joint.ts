import { jointNorm2dOperator } from '../../../../tensor/training/jointNorm2d.js';
import { jointNorm2dGradientOperator } from '../../../../tensor/training/jointNorm2dGradient.js';
import { jointVarianceOperator } from '../../../../tensor/training/jointVariance.js';
import { splitRule } from '../splitRule.js';
import { picturesValue, wholeValue } from '../splitValue.js';

/** Operators that take a batch as one tensor, or as one for each picture. */

export const jointVarianceSplit = splitRule(jointVarianceOperator, {
  join: (splitter, node) => {
    const pictures = node.operands.flatMap((_, i) =>
      splitter.picturesOf(splitter.operand(node, i)),
    );
    return wholeValue(node.shape, splitter.add(node, pictures, node.attributes));
  },
});

export const [jointNorm2dSplit, jointNorm2dGradientSplit] = [
  jointNorm2dOperator,
  jointNorm2dGradientOperator,
].map((operator) =>
  splitRule(operator, {
    join: (splitter, node) => {
      const { index, eps } = node.attributes;
      const batches = node.operands.map((_, i) => splitter.picturesOf(splitter.operand(node, i)));
      const first = batches.slice(0, index).flat().length;
      const pictures = batches[index].map((_, n) =>
        splitter.add(node, batches.flat(), { index: first + n, eps }),
      );
      return picturesValue(node.shape, pictures);
    },
  }),
);
