import { clampOperator } from '../../../../tensor/clamp.js';
import { rule } from '../rule.js';

export const clampRule = rule(
  clampOperator,
  (fuser, node) => {
    const { min, max } = node.attributes;
    return fuser.append(
      fuser.operand(node, 0),
      { kind: 'activation', activation: { clamp: [min, max] } },
      (bound) => clampedBound(bound, min, max),
    );
  },
  // Bounds beyond all numbers leave no number; names of machine code tell no infinities apart.
  {
    takes: ({ attributes: { min, max } }) =>
      min < Number.POSITIVE_INFINITY && max > Number.NEGATIVE_INFINITY,
  },
);

/** The magnitude that is left of `−bound … bound`. */
function clampedBound(bound: number, min: number, max: number): number {
  const clamped = (value: number) => Math.min(Math.max(value, min), max);
  return Math.max(Math.abs(clamped(bound)), Math.abs(clamped(-bound)));
}
