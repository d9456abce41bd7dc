import type { FuserLimits } from '../../shared/fuse/fuser.js';
import type { NormFactors, Pointwise, Stored, Unary } from '../../shared/fuse/lazyValue.js';
import type { RowOperation, UnaryOperation } from '../kernels/rows/operations.js';

/** What row kernels can do to what they read: one norm, and something with one other value. */
export const LIMITS: FuserLimits = {
  takesPending: (pending) =>
    normsOf(pending).length <= 1 &&
    othersOf(pending).length <= 1 &&
    pending.filter(isCombination).length <= 1,
};

/** The norms whose factors row kernels read: to apply them to the value, or to one that gates it. A norm's gradient has the norm's, too. */
export function normsOf(pending: readonly Pointwise[]): NormFactors[] {
  const gradient = pending.find(({ kind }) => kind === 'normGradient');
  const covered = gradient?.kind === 'normGradient' ? gradient.norm : null;
  const norms = pending.flatMap((operation) => {
    if (operation.kind === 'gate') return normsOf(operation.by);
    return 'factors' in operation ? [operation.factors] : [];
  });
  return [...new Set(norms)].filter((norm) => norm !== covered);
}

/** The other values that row kernels read. */
export function othersOf(pending: readonly Pointwise[]): Stored[] {
  return [...new Set(pending.flatMap((o) => ('other' in o ? [o.other] : [])))];
}

function isCombination({ kind }: Pointwise): boolean {
  return kind === 'add' || kind === 'sub' || kind === 'subFrom' || kind === 'mul';
}

/** What row kernels do for something that is pending on a value. */
export function rowOperation(operation: Pointwise, { channels }: Stored): RowOperation {
  switch (operation.kind) {
    case 'norm':
    case 'activation':
      return unaryOperation(operation);
    case 'gate': {
      const { above, below, outside, closed, by } = operation;
      return { gate: { above, below, outside, closed }, by: by.map(unaryOperation) };
    }
    case 'normGradient':
      return 'normGradient';
    default:
      return operation.other.channels === channels ? operation.kind : `${operation.kind}Mask`;
  }
}

function unaryOperation(operation: Unary): UnaryOperation {
  return operation.kind === 'norm' ? 'norm' : operation.activation;
}
