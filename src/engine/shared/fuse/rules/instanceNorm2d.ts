import { instanceNorm2dOperator } from '../../../../tensor/instanceNorm2d.js';
import { rule } from '../rule.js';
import { fuseConstantNorm } from './constantNorm.js';
import { fuseOwnNorm } from './ownNorm.js';

export const instanceNorm2dRule = rule(
  instanceNorm2dOperator,
  (fuser, node) => {
    if (fuser.weight(node, 3) !== null) return fuseConstantNorm(fuser, node);
    const { eps } = node.attributes;
    return fuseOwnNorm(fuser, node, { perGroup: 1, eps, correction: 0, epsOutside: false });
  },
  { pictures: 1 },
);
