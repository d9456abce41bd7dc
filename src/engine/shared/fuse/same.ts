import type { Pointwise, Stored } from './lazyValue.js';
import type { NormStep } from './steps.js';

export function isSameSize(a: Stored, b: Stored): boolean {
  return a.channels === b.channels && a.height === b.height && a.width === b.width;
}

export function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}

export function isSameNorm(a: NormStep, b: Omit<NormStep, 'kind' | 'sums' | 'to'>): boolean {
  return (
    a.weight === b.weight &&
    a.bias === b.bias &&
    a.perGroup === b.perGroup &&
    a.eps === b.eps &&
    a.correction === b.correction &&
    a.epsOutside === b.epsOutside
  );
}

export function isSame(a: Pointwise, b: Pointwise): boolean {
  if (a.kind === 'norm') return b.kind === 'norm' && a.factors === b.factors;
  if (a.kind === 'activation' || a.kind === 'gate') {
    // Of gates, the other values and the factors are told apart by identity.
    return a.kind === b.kind && sameIdentities(a, b) && JSON.stringify(a) === JSON.stringify(b);
  }
  if (a.kind === 'normGradient') return b.kind === a.kind && a.factors === b.factors;
  return a.kind === b.kind && a.other === b.other;
}

function sameIdentities(a: Pointwise, b: Pointwise): boolean {
  if (a.kind !== 'gate' || b.kind !== 'gate') return true;
  return (
    a.other === b.other &&
    a.by.length === b.by.length &&
    a.by.every((operation, i) => isSame(operation, b.by[i]))
  );
}
