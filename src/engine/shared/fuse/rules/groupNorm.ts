import { groupNormOperator } from '../../../../tensor/groupNorm.js';
import { rule } from '../rule.js';
import { fuseOwnNorm } from './ownNorm.js';

export const groupNormRule = rule(
  groupNormOperator,
  (fuser, node) => {
    const { numGroups, ...how } = node.attributes;
    return fuseOwnNorm(fuser, node, { perGroup: node.shape[1] / numGroups, ...how });
  },
  // Three dimensions are [N, C, L], and no picture.
  { pictures: 1, takes: ({ shape }) => shape.length === 4 },
);
