import {
  type JointNorm2dAttributes,
  jointNorm2dOperator,
} from '../../../../../tensor/training/jointNorm2d.js';
import { isOfOnePicture } from '../../layouts.js';
import { rule } from '../../rule.js';
import type { Statistics } from '../../steps.js';

/** How a joint norm goes by statistics, and its gradient. */
export function jointStatistics({ eps }: Pick<JointNorm2dAttributes, 'eps'>): Statistics {
  return { perGroup: 1, eps, correction: 0, epsOutside: false };
}

/** Pictures that come one by one, of which each is normalised by the statistics of all. */
export const jointNorm2dRule = rule(
  jointNorm2dOperator,
  (fuser, node) => {
    const values = node.operands.map((_, i) => fuser.materialize(fuser.operand(node, i)));
    const sums = fuser.statistics.sumsOf(values);
    const how = { weight: null, bias: null, ...jointStatistics(node.attributes) };
    const factors = fuser.statistics.normOf(sums, how);
    // None of n numbers is more than √n deviations from their mean.
    const bound = Math.sqrt(sums.count);
    return fuser.append(values[node.attributes.index], { kind: 'norm', factors }, () => bound);
  },
  { takes: ({ operands }, graph) => operands.every((id) => isOfOnePicture(graph, id as number)) },
);
