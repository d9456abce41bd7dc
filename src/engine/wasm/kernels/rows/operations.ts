import { type Code, f32x4, v128 } from '../../../../emit/code.js';
import type { FunctionWriter, Local } from '../../../../emit/module.js';
import type { Activation, Combination, Gate } from '../../../shared/fuse/lazyValue.js';
import { multiplyAdd, type Target } from '../target.js';
import { writeSoftplus } from './softplus.js';

/**
 * What happens to each element on its way in. Of norms, and of other values that are read, there is one at most. A mask is another
 * value of one channel, which goes with all channels.
 */
export type RowOperation = UnaryOperation | RowCombination | RowGate | 'normGradient';
export type UnaryOperation = 'norm' | Activation;
export type RowCombination = Combination | `${Combination}Mask`;

/** Lets an element pass, or multiplies it by `outside`, by what the other value becomes by these operations. */
export interface RowGate {
  readonly gate: Pick<Gate, 'above' | 'below' | 'outside' | 'closed'>;
  readonly by: readonly UnaryOperation[];
}

type Combine = (a: Code, b: Code) => Code;

const COMBINATIONS: Readonly<Record<RowCombination, { combine: Combine; isMask: boolean }>> = {
  add: { combine: f32x4.add, isMask: false },
  mul: { combine: f32x4.mul, isMask: false },
  sub: { combine: f32x4.sub, isMask: false },
  subFrom: { combine: (a, b) => f32x4.sub(b, a), isMask: false },
  addMask: { combine: f32x4.add, isMask: true },
  mulMask: { combine: f32x4.mul, isMask: true },
  subMask: { combine: f32x4.sub, isMask: true },
  subFromMask: { combine: (a, b) => f32x4.sub(b, a), isMask: true },
};

function isCombination(operation: RowOperation): operation is RowCombination {
  return typeof operation === 'string' && Object.hasOwn(COMBINATIONS, operation);
}

function isGate(operation: RowOperation): operation is RowGate {
  return typeof operation === 'object' && 'gate' in operation;
}

/** Where the four rows of a norm's factors begin, in floats per channel: `[4][channels]`. */
export const NORM_ROWS = { meanHigh: 0, meanLow: 1, scale: 2, shift: 3, count: 4 };

/**
 * Where rows of the factors of a norm's gradient begin, behind those of the norm. With them, the gradient of what the norm has
 * read is `gradient · scale + (value − meanHigh) · slope + offset`.
 */
export const NORM_GRADIENT_ROWS = { scale: 4, slope: 5, offset: 6, count: 7 };

/** Whether a mask is read. */
export function hasMask(operations: readonly RowOperation[]): boolean {
  return operations.some((o) => isCombination(o) && COMBINATIONS[o].isMask);
}

/** Whether another value of as many channels is read. */
export function hasOther(operations: readonly RowOperation[]): boolean {
  return operations.some(
    (o) => isGate(o) || o === 'normGradient' || (isCombination(o) && !COMBINATIONS[o].isMask),
  );
}

/** Whether a norm's factors are read. */
export function hasNorm(operations: readonly RowOperation[]): boolean {
  return operations.some(
    (o) => o === 'norm' || o === 'normGradient' || (isGate(o) && o.by.includes('norm')),
  );
}

/** What operations read besides the value, and what they may overwrite. */
export interface Operands {
  readonly stats: Local;
  readonly other: Local;
  /** Bytes behind the pointers, and of a pixel. */
  readonly at: number;
  readonly pixel: number;
  readonly scratch: readonly Local[];
}

/** Locals that operations need besides the value. */
export const OPERATION_SCRATCH = 3;

/** Writes the code that applies one of a row's operations to a vector of a pixel. */
export function applyOperation(
  f: FunctionWriter,
  target: Target,
  operation: RowOperation,
  value: Local,
  of: Operands,
): void {
  if (operation === 'normGradient') f.emit(value.set(normGradient(target, value.value, of)));
  else if (isGate(operation)) {
    const [gating, ...scratch] = of.scratch;
    f.emit(gating.set(v128.load(of.other.value, of.at)));
    for (const each of operation.by) applyUnary(f, target, each, gating, { ...of, scratch });
    f.emit(value.set(gated(f, operation.gate, value.value, gating.value)));
  } else if (isCombination(operation)) {
    const { combine, isMask } = COMBINATIONS[operation];
    const b = isMask ? v128.load32Splat(of.other.value) : v128.load(of.other.value, of.at);
    f.emit(value.set(combine(value.value, b)));
  } else applyUnary(f, target, operation, value, of);
}

function applyUnary(
  f: FunctionWriter,
  target: Target,
  operation: UnaryOperation,
  value: Local,
  of: Operands,
): void {
  if (operation === 'norm') {
    f.emit(value.set(normalised(target, value.value, of.stats.value, of.at, of.pixel)));
  } else activate(f, operation, value, of.scratch);
}

/** NaN lies between no bounds. */
function gated(
  f: FunctionWriter,
  { above, below, outside, closed }: RowGate['gate'],
  value: Code,
  by: Code,
): Code {
  const splat = (bound: number) => f.constant(f32x4.splat(bound));
  const masks = [
    ...(above === null ? [] : [(closed ? f32x4.ge : f32x4.gt)(by, splat(above))]),
    // Without bounds, all but NaN.
    ...(below === null
      ? above === null
        ? [f32x4.ge(by, by)]
        : []
      : [(closed ? f32x4.le : f32x4.lt)(by, splat(below))]),
  ];
  const mask = masks.reduce((a, b) => v128.and(a, b));
  if (outside === 0) return v128.and(value, mask);
  return v128.bitselect(value, f32x4.mul(value, splat(outside)), mask);
}

function normalised(target: Target, value: Code, stats: Code, offset: number, pixel: number): Code {
  const at = (row: number) => v128.load(stats, row * pixel + offset);
  // The mean is subtracted in two parts: a mean far above the deviation keeps all its digits.
  const centred = f32x4.sub(f32x4.sub(value, at(NORM_ROWS.meanHigh)), at(NORM_ROWS.meanLow));
  return multiplyAdd(target, centred, at(NORM_ROWS.scale), at(NORM_ROWS.shift));
}

function normGradient(target: Target, gradient: Code, { stats, other, at, pixel }: Operands): Code {
  const factor = (row: number) => v128.load(stats.value, row * pixel + at);
  const { scale, slope, offset } = NORM_GRADIENT_ROWS;
  const centred = f32x4.sub(v128.load(other.value, at), factor(NORM_ROWS.meanHigh));
  const along = multiplyAdd(target, centred, factor(slope), factor(offset));
  return multiplyAdd(target, gradient, factor(scale), along);
}

/** Writes the code that applies an activation to a vector. */
export function activate(
  f: FunctionWriter,
  activation: Activation,
  value: Local,
  scratch: readonly Local[],
): void {
  if (activation === 'relu') {
    f.emit(value.set(f32x4.pmax(value.value, v128.zero)));
  } else if (activation === 'tanh') {
    writeTanh(f, value, scratch);
  } else if (activation === 'sigmoid') {
    // 1 / (1 + exp(−x)) = ½ + ½ · tanh(x / 2)
    f.emit(value.set(f32x4.mul(value.value, f32x4.splat(0.5))));
    writeTanh(f, value, scratch);
    const half = f32x4.splat(0.5);
    f.emit(value.set(f32x4.add(f32x4.mul(value.value, half), half)));
  } else if (activation === 'softplus') {
    writeSoftplus(f, value);
  } else if (activation === 'abs' || activation === 'sqrt') {
    f.emit(value.set(f32x4[activation](value.value)));
  } else if (activation === 'sign') {
    const below = v128.bitselect(f32x4.splat(-1), value.value, f32x4.lt(value.value, v128.zero));
    const isAbove = f32x4.gt(value.value, v128.zero);
    f.emit(value.set(v128.bitselect(f32x4.splat(1), below, isAbove)));
  } else if ('clamp' in activation) {
    const [min, max] = activation.clamp.map((limit) => f32x4.splat(limit));
    f.emit(value.set(f32x4.pmin(f32x4.pmax(value.value, min), max)));
  } else {
    const below = f32x4.mul(value.value, f32x4.splat(activation.leaky));
    const positive = f32x4.gt(value.value, v128.zero);
    f.emit(value.set(v128.bitselect(value.value, below, positive)));
  }
}

/**
 * Lambert's continued fraction for tanh, cut off at y⁷ and exact to 1e-9 for |y| ≤ 9/8; the argument is
 * brought there by three halvings, which tanh(2y) = 2t / (1 + t²) undoes. Beyond ±9, tanh is ±1 in
 * float32.
 */
function writeTanh(f: FunctionWriter, value: Local, [square, upper]: readonly Local[]): void {
  const clamped = f32x4.pmax(f32x4.pmin(value.value, f32x4.splat(9)), f32x4.splat(-9));
  const polynomial = (...coefficients: number[]) =>
    coefficients
      .slice(1)
      .reduce<Code>(
        (sum, c) => f32x4.add(f32x4.mul(sum, square.value), f32x4.splat(c)),
        f32x4.splat(coefficients[0]),
      );
  f.emit(
    value.set(f32x4.mul(clamped, f32x4.splat(1 / 8))),
    square.set(f32x4.mul(value.value, value.value)),
    upper.set(f32x4.mul(value.value, polynomial(1, 378, 17325, 135135))),
    value.set(f32x4.div(upper.value, polynomial(28, 3150, 62370, 135135))),
  );
  for (let doubling = 0; doubling < 3; doubling++) {
    const t = value.value;
    f.emit(value.set(f32x4.div(f32x4.add(t, t), f32x4.add(f32x4.splat(1), f32x4.mul(t, t)))));
  }
}
