import { convPhase } from '../../../../tensor/axisPhase.js';
import { conv2dOperator } from '../../../../tensor/conv2d.js';
import { rule } from '../rule.js';
import { fuseConvolution } from './convolution.js';

export const conv2dRule = rule(
  conv2dOperator,
  (fuser, node) =>
    fuseConvolution(fuser, node, {
      isTransposed: false,
      isAdjoint: false,
      phasesOf: (...axis) => [convPhase(...axis)],
    }),
  { pictures: 1 },
);
