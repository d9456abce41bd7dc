import { instanceNorm2dGradientOperator } from '../../../../../tensor/training/instanceNorm2dGradient.js';
import { rule } from '../../rule.js';
import { fuseNormGradient } from './normGradient.js';

export const instanceNorm2dGradientRule = rule(instanceNorm2dGradientOperator, (fuser, node) => {
  const { eps } = node.attributes;
  return fuseNormGradient(fuser, node, { perGroup: 1, eps, correction: 0, epsOutside: false });
});
