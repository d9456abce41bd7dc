import { divOperator } from '../../../../tensor/div.js';
import { isFlatValue } from '../flatValue.js';
import { isFlat, operandsLayout } from '../layouts.js';
import { storedValue } from '../lazyValue.js';
import type { OperatorRule } from '../rule.js';
import { fuseFlat } from './elementwise.js';
import { channelOperand, pairTakes, type Role, roleOf } from './pair.js';

/** A divisor by channels scales, others are a step of their own; a dividend by channels is repeated for that. */
export const divRule: OperatorRule = {
  operator: divOperator as unknown as OperatorRule['operator'],
  takes: (graph, node) =>
    pairTakes(graph, node) &&
    (operandsLayout(graph, node) !== null || isDividend(roleOf(graph, node, 0))),
  layout: operandsLayout,
  fuse: (fuser, node) => {
    if (fuser.ask((graph) => isFlat(graph, node.id))) return fuseFlat(fuser, node, 'div');
    const repeated = channelOperand(fuser, node, 0);
    const dividend =
      repeated !== null && isFlatValue(repeated)
        ? fuser.repeated(repeated, node.shape)
        : fuser.operand(node, 0);
    const by = channelOperand(fuser, node, 1);
    if (by !== null) return fuser.scale(dividend, 'div', by, Number.POSITIVE_INFINITY);
    const source = fuser.materialize(dividend);
    const divisor = fuser.materialize(fuser.operand(node, 1)).core.stored;
    const to = fuser.store(node.shape);
    fuser.push({ kind: 'divide', source, divisor, to });
    return storedValue(to);
  },
};

function isDividend(role: Role | null): boolean {
  return role === 'whole' || role === 'factors';
}
