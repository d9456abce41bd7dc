import { pixelShuffleOperator } from '../../tensor/pixelShuffle.js';
import { pixelUnshuffleOperator } from '../../tensor/training/pixelUnshuffle.js';
import { gradientRule } from '../rule.js';

export const pixelShuffleGradient = gradientRule(pixelShuffleOperator, (node) => [
  node.g.apply(pixelUnshuffleOperator, [node.gradient], node.attributes),
]);
