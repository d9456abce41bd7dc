import { clampOperator } from '../../../../tensor/clamp.js';
import { elementwiseRule } from './elementwise.js';

export const clampRule = elementwiseRule(clampOperator, {
  activation: ({ min, max }) => ({ clamp: [min, max] }),
  bound: (bound, { min, max }) => clampedBound(bound, min, max),
  // Bounds beyond all numbers leave no number; names of machine code tell no infinities apart.
  takes: ({ min, max }) => min < Number.POSITIVE_INFINITY && max > Number.NEGATIVE_INFINITY,
});

/** The magnitude that is left of `−bound … bound`. */
function clampedBound(bound: number, min: number, max: number): number {
  const clamped = (value: number) => Math.min(Math.max(value, min), max);
  return Math.max(Math.abs(clamped(bound)), Math.abs(clamped(-bound)));
}
