import { jointNorm2dGradientOperator } from '../../../../../tensor/training/jointNorm2dGradient.js';
import { isOfOnePicture } from '../../layouts.js';
import { rule } from '../../rule.js';
import { jointStatistics } from './jointNorm2d.js';
import { applyNormGradient, prepareNormGradients } from './normGradient.js';

/** Of each picture, a node with the same operands. */
export const jointNorm2dGradientRule = rule(
  jointNorm2dGradientOperator,
  (fuser, node) => {
    const { index, eps } = node.attributes;
    const key = `${node.op} of ${node.operands.join()}, ${eps}`;
    const gradients = fuser.shared(key, () =>
      prepareNormGradients(fuser, node, jointStatistics({ eps })),
    );
    return applyNormGradient(fuser, gradients, index);
  },
  { takes: ({ operands }, graph) => operands.every((id) => isOfOnePicture(graph, id as number)) },
);
