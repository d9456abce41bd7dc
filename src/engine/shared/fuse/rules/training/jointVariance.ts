import { jointVarianceOperator } from '../../../../../tensor/training/jointVariance.js';
import { isOfOnePicture } from '../../layouts.js';
import { storedValue } from '../../lazyValue.js';
import { rule } from '../../rule.js';

/** By the sums of a norm, which reads the same values. */
export const jointVarianceRule = rule(
  jointVarianceOperator,
  (fuser, node) => {
    const values = node.operands.map((_, i) => fuser.materialize(fuser.operand(node, i)));
    const { correction } = node.attributes;
    const to = fuser.store(node.shape);
    fuser.push({ kind: 'variance', sums: fuser.statistics.sumsOf(values), correction, to });
    return storedValue(to);
  },
  { takes: ({ operands }, graph) => operands.every((id) => isOfOnePicture(graph, id as number)) },
);
