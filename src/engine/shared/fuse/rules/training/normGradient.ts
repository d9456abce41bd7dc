import type { GraphNode } from '../../../../../graph/graph.js';
import type { Fuser } from '../../fuser.js';
import type { LazyValue, NormFactors, NormGradient, Stored } from '../../lazyValue.js';
import type { Statistics } from '../../steps.js';

/** A value that a norm has read, and the gradient of what that gave, to which something can be appended. */
interface NormedPicture {
  readonly of: Stored;
  readonly gradient: LazyValue;
}

/** What a norm and its gradient do, and to which values. */
export interface NormGradients {
  readonly norm: NormFactors;
  readonly factors: NormFactors;
  readonly pictures: readonly NormedPicture[];
}

/** The gradient of a norm by the statistics of operand 0, from operand 1, that of its result. */
export function fuseNormGradient(fuser: Fuser, node: GraphNode, how: Statistics): LazyValue {
  const gradients = prepareNormGradients(fuser, node, how);
  return applyNormGradient(fuser, gradients, 0);
}

/**
 * The gradient of a norm by the statistics of the first half of the operands together, from the other half, those of its results.
 * Two sums per channel come first.
 */
export function prepareNormGradients(
  fuser: Fuser,
  node: GraphNode,
  how: Statistics,
): NormGradients {
  const count = node.operands.length / 2;
  const halves = Array.from({ length: count }, (_, i) => [i, count + i] as const);
  const inputs = halves.map(([input]) => fuser.materialize(fuser.operand(node, input)));
  // Those of the forward pass, unless that one has a scale and a shift.
  const norm = fuser.statistics.normOf(fuser.statistics.sumsOf(inputs), {
    weight: null,
    bias: null,
    ...how,
  });
  const factors = { channels: norm.channels };
  const pictures = halves.map(([, at], i) => {
    const of = inputs[i].core.stored;
    const gradient = fuser.operand(node, at);
    const isOpen = fuser.isOpen(gradient, operationOn(of, norm, factors));
    return { of, gradient: isOpen ? gradient : fuser.materialize(gradient) };
  });
  const sums = pictures.map(({ of, gradient }) =>
    fuser.statistics.gradientSums(gradient, of, norm),
  );
  fuser.push({
    kind: 'normGradient',
    sums: fuser.statistics.joinedSums(sums),
    norm,
    ...how,
    to: factors,
  });
  return { norm, factors, pictures };
}

/** What comes after the sums is done to each element, by the steps that read it. */
export function applyNormGradient(
  fuser: Fuser,
  { norm, factors, pictures }: NormGradients,
  index: number,
): LazyValue {
  const { of, gradient } = pictures[index];
  return fuser.append(gradient, operationOn(of, norm, factors), () => Number.POSITIVE_INFINITY);
}

function operationOn(other: Stored, norm: NormFactors, factors: NormFactors): NormGradient {
  return { kind: 'normGradient', other, norm, factors };
}
