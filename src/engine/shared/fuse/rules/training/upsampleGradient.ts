import { shapeOf } from '../../../../../graph/graph.js';
import {
  upsampleAdjoints,
  upsampleGradientOperator,
} from '../../../../../tensor/training/upsampleGradient.js';
import { rule } from '../../rule.js';
import { fuseGather } from './gather.js';

export const upsampleGradientRule = rule(upsampleGradientOperator, (fuser, node) => {
  const [, ...size] = fuser.ask((graph) => shapeOf(graph, node.operands[0] as number)).slice(-3);
  return fuseGather(fuser, node, upsampleAdjoints(size, node.attributes));
});
