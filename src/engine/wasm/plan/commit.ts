import { type FlatValue, isFlatValue } from '../../shared/fuse/flatValue.js';
import type { AssignStep, FlatStep, FusedStep } from '../../shared/fuse/steps.js';

/*
 * Steps that write weights come last, and are no part of the run that can be ended: what comes before them leaves all weights as
 * they are. An optimiser's step is made in the place of what it changes, element by element, so that new weights and moments take
 * no memory beside the old ones.
 */

export interface Commit {
  /** Steps of the graph that are made then, in order. */
  readonly steps: ReadonlySet<FusedStep>;
  /** Values that are made where the weight is whose place they take. */
  readonly inPlace: ReadonlyMap<FlatValue, FlatValue>;
  /** Copies of weights that change, made by the run, for those that take what others were. */
  readonly kept: readonly FusedStep[];
  /** Other values, which are copied to the weights at the end. */
  readonly copies: readonly FusedStep[];
}

export function planCommit(steps: readonly FusedStep[]): Commit {
  const assigns = steps.filter((step): step is FusedStep & AssignStep => step.kind === 'assign');
  const assigned = new Set(assigns.map(({ weight }) => weight));
  const committed = committedSteps(steps, assigned);
  const places = new Map<FlatValue, number>();
  for (const [index, { to }] of committed.entries()) places.set(to, index);
  const inPlace = new Map<FlatValue, FlatValue>();
  const kept: FusedStep[] = [];
  const copies: FusedStep[] = [];
  for (const { source, weight } of assigns) {
    const place = places.get(source);
    const later = place === undefined ? [] : committed.slice(place + 1);
    const isRead = later.some(({ operands }) => operands.includes(weight));
    if (place !== undefined && !inPlace.has(source) && !isRead) {
      inPlace.set(source, weight);
    } else if (source !== weight) {
      const from = assigned.has(source) ? { size: source.size, weight: null } : source;
      if (from !== source) kept.push(copyOf(source, from));
      copies.push(copyOf(from, weight));
    }
  }
  return { steps: new Set(committed), inPlace, kept, copies };
}

function copyOf(from: FlatValue, to: FlatValue): FusedStep & FlatStep {
  return { kind: 'flat', node: null, operation: 'copy', operands: [from], repeated: [0], to };
}

/**
 * Steps that read a weight that changes, or what such a step has made, if nothing but these and assignments reads what they make. Sums
 * of gradients are none: to leave them for the end would keep all that is summed up.
 */
function committedSteps(
  steps: readonly FusedStep[],
  assigned: ReadonlySet<FlatValue>,
): (FusedStep & FlatStep)[] {
  const readElsewhere = new Set<FlatValue>();
  const candidates: (FusedStep & FlatStep)[] = [];
  for (const step of steps.toReversed()) {
    if (step.kind === 'assign') continue;
    if (step.kind === 'flat' && !readElsewhere.has(step.to)) candidates.unshift(step);
    else for (const value of flatValuesIn(step)) readElsewhere.add(value);
  }
  const made = new Set<FlatValue>();
  return candidates.filter(({ operands, to }) => {
    const isCommitted = operands.some((value) => assigned.has(value) || made.has(value));
    if (isCommitted) made.add(to);
    return isCommitted;
  });
}

/** The flat values that a step reads, whatever it calls them. */
function flatValuesIn({ node, ...step }: FusedStep): FlatValue[] {
  const isFlat = (value: unknown): value is FlatValue =>
    typeof value === 'object' && value !== null && isFlatValue(value);
  return Object.values(step).flat().filter(isFlat);
}
