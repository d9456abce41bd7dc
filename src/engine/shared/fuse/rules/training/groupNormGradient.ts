import { groupNormGradientOperator } from '../../../../../tensor/training/groupNormGradient.js';
import { rule } from '../../rule.js';
import { fuseNormGradient } from './normGradient.js';

export const groupNormGradientRule = rule(
  groupNormGradientOperator,
  (fuser, node) => {
    const { numGroups, ...how } = node.attributes;
    return fuseNormGradient(fuser, node, { perGroup: node.shape[1] / numGroups, ...how });
  },
  // Three dimensions are [N, C, L], and no picture.
  { takes: ({ shape }) => shape.length === 4 },
);
