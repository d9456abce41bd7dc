import type { GraphNode } from '../../../../../graph/graph.js';
import type { Fuser } from '../../fuser.js';
import type { LazyValue, NormGradient } from '../../lazyValue.js';
import type { Statistics } from '../../steps.js';

/**
 * The gradient of a norm by the statistics of operand 0, from operand 1, that of its result. Two sums per channel come first;
 * after that, it is applied to each element by the steps that read it.
 */
export function fuseNormGradient(fuser: Fuser, node: GraphNode, how: Statistics): LazyValue {
  const input = fuser.materialize(fuser.operand(node, 0));
  const { stored: of } = input.core;
  // Those of the forward pass, unless that one has a scale and a shift.
  const norm = fuser.ownNorm(input, { weight: null, bias: null, ...how });
  const factors = { channels: of.channels };
  const operation: NormGradient = { kind: 'normGradient', other: of, norm, factors };
  const gradient = fuser.operand(node, 1);
  const open = fuser.isOpen(gradient, operation) ? gradient : fuser.materialize(gradient);
  const sums = fuser.gradientSums(open, of, norm);
  fuser.push({ kind: 'normGradient', sums, of, norm, ...how, to: factors });
  return fuser.append(open, operation, () => Number.POSITIVE_INFINITY);
}
