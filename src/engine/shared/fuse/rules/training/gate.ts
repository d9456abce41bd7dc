import type { GateAttributes } from '../../../../../tensor/training/elementwise.js';
import { gateOperator } from '../../../../../tensor/training/elementwise.js';
import type { Fuser } from '../../fuser.js';
import { hasBorder, type LazyValue, type Pointwise, type Unary } from '../../lazyValue.js';
import { rule } from '../../rule.js';

/** The gradient is gated as it is read, by a value that is computed anew from what was stored of it. */
export const gateRule = rule(
  gateOperator,
  (fuser, node) => {
    const { above, below, outside, closed } = node.attributes;
    const { stored, by } = gatingValue(fuser, fuser.operand(node, 0), node.attributes);
    const operation: Pointwise = {
      kind: 'gate',
      other: stored,
      by,
      above: finiteOrNull(above),
      below: finiteOrNull(below),
      outside,
      closed,
    };
    const most = Math.max(1, Math.abs(outside));
    return fuser.append(fuser.foldedOperand(node, 1), operation, (bound) => bound * most);
  },
  {
    vectors: true,
    // NaN and infinite factors have no spelling in the names of machine code.
    takes: ({ attributes: { above, below, outside } }) =>
      Number.isFinite(outside) &&
      above < Number.POSITIVE_INFINITY &&
      below > Number.NEGATIVE_INFINITY,
  },
);

/** What was stored of the value that gates, and what has to be done to it. */
function gatingValue(fuser: Fuser, value: LazyValue, attributes: GateAttributes) {
  const { stored, pending } = value.core;
  const by = pending.filter((operation): operation is Unary => !('other' in operation));
  if (hasBorder(value) || by.length < pending.length || countNorms(by) > 1) {
    return { stored: fuser.materialize(value).core.stored, by: [] };
  }
  return { stored, by: withoutSignKeepers(by, attributes) };
}

/** Whether a number is above zero is the same before a ReLU and after it. */
function withoutSignKeepers(by: readonly Unary[], gate: GateAttributes): readonly Unary[] {
  if (gate.above !== 0 || gate.below !== Number.POSITIVE_INFINITY || gate.closed) return by;
  const last = by.at(-1);
  const keepsSign =
    last?.kind === 'activation' &&
    (last.activation === 'relu' ||
      (typeof last.activation === 'object' &&
        'leaky' in last.activation &&
        last.activation.leaky >= 0));
  return keepsSign ? by.slice(0, -1) : by;
}

function countNorms(operations: readonly Unary[]): number {
  return operations.filter(({ kind }) => kind === 'norm').length;
}

function finiteOrNull(bound: number): number | null {
  return Number.isFinite(bound) ? bound : null;
}
