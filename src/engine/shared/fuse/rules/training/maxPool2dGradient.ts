import { shapeOf } from '../../../../../graph/graph.js';
import {
  maxPool2dGradientOperator,
  maxPoolWindows,
} from '../../../../../tensor/training/maxPool2dGradient.js';
import { rule } from '../../rule.js';
import { fuseMaxima } from './maxima.js';

export const maxPool2dGradientRule = rule(maxPool2dGradientOperator, (fuser, node) => {
  const output = fuser.ask((graph) => shapeOf(graph, node.operands[1] as number));
  return fuseMaxima(fuser, node, maxPoolWindows(node.shape, output, node.attributes));
});
