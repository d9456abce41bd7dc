import { shapeOf } from '../../../../../graph/graph.js';
import {
  avgPool2dGradientOperator,
  avgPoolAdjoints,
} from '../../../../../tensor/training/avgPool2dGradient.js';
import { rule } from '../../rule.js';
import { fuseGather } from './gather.js';

export const avgPool2dGradientRule = rule(avgPool2dGradientOperator, (fuser, node) => {
  const [, ...size] = fuser.ask((graph) => shapeOf(graph, node.operands[0] as number)).slice(-3);
  return fuseGather(fuser, node, avgPoolAdjoints(size, node.attributes));
});
