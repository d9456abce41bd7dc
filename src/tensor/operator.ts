import { ShapeError } from '../errors.js';
import { describeValue } from './describeValue.js';
import type { Region } from './region.js';
import { formatShape, type Shape, sizeOf } from './shape.js';
import { Tensor } from './tensor.js';

/**
 * The names of an operator's operands, in their order. One that ends in `?` may be absent, and is then `null`; a single
 * one that ends in `*` stands for any number of them.
 */
export type OperandNames = readonly string[];

/** What an operator gets of each operand, tensors or shapes or values: `[T, T, T | null]` for `['input', 'weight', 'bias?']`. */
export type OperandsOf<N extends OperandNames, T> = string extends N[number]
  ? readonly T[]
  : N extends readonly [`${string}*`]
    ? readonly T[]
    : { readonly [K in keyof N]: N[K] extends `${string}?` ? T | null : T };

/**
 * An operator as data: its name, its operands, its shape rule, and its reference loops. The graph stores these, the
 * reference engine calls `run`, faster engines lower the ones that they know. Weights are operands like any other.
 * A new operator is a new file beside this one and a line in `operators.ts`; other floors register what they know of
 * it (ONNX spelling, drawing, lowerings) by the operator.
 *
 * `A` are the operator's attributes, defaults resolved: numbers, strings and arrays of them, never tensors.
 */
export interface Operator<A = unknown, N extends OperandNames = OperandNames> {
  /** Canonical name, unique: `conv2d`, `relu`, … */
  readonly op: string;
  readonly operands: N;
  /** Output shape; throws a `ShapeError` for operands that the operator does not take. */
  outputShape(operands: OperandsOf<N, Shape>, attributes: A): number[];
  /** The reference: plain loops, double accumulators. */
  run(operands: OperandsOf<N, Tensor>, attributes: A): Tensor;
  /** Multiply-adds of one run that really happen, for timings and summaries; absent means none. */
  multiplyAdds?(operands: OperandsOf<N, Shape>, attributes: A): number;
  /**
   * Which part of its operands a region of the output is computed from, for those that are pictures: one region for
   * each operand, `null` for all of it. Absent means all of every operand.
   */
  inputRegions?(
    region: Region,
    operands: OperandsOf<N, Shape>,
    attributes: A,
  ): readonly (Region | null)[];
}

/** Attributes of an operator that has none. */
export type NoAttributes = Readonly<Record<never, never>>;

/**
 * Runs an operator's reference loops on tensors whose shapes it takes.
 * @throws ShapeError for tensors that it does not take.
 */
export function runOperator<A, N extends OperandNames>(
  operator: Operator<A, N>,
  operands: OperandsOf<N, Tensor>,
  attributes: A,
): Tensor {
  checkOperands(operator, operands);
  refuseHuge(operator.op, operator.outputShape(shapesOf<N>(operands), attributes));
  return operator.run(operands, attributes);
}

/** No engine has arrays of more elements; loops over such a shape would not end. */
const MAX_ELEMENTS = 2 ** 32;

/** @throws ShapeError for a tensor that cannot be. */
function refuseHuge(op: string, shape: Shape): void {
  if (sizeOf(shape) <= MAX_ELEMENTS) return;
  throw new ShapeError(
    `${op}: the output would be ${formatShape(shape)}, which is more than the ${MAX_ELEMENTS} elements that a tensor can have.`,
  );
}

/** Not every caller has a compiler that checks. */
function checkOperands(
  { op, operands: names }: Pick<Operator, 'op' | 'operands'>,
  operands: readonly unknown[],
): void {
  if (!Array.isArray(operands)) {
    throw new ShapeError(`${op} takes a list of tensors, but got ${describeValue(operands)}.`);
  }
  for (const [place, operand] of operands.entries()) {
    // One name may stand for any number of operands.
    const name = names[Math.min(place, names.length - 1)];
    if (operand === null && name.endsWith('?')) continue;
    checkTensor(`${op}: ${name.replace(/[?*]$/, '')}`, operand);
  }
}

/**
 * @param what In a message: `add: a`.
 * @throws ShapeError for what is no tensor.
 */
export function checkTensor(what: string, value: unknown): asserts value is Tensor {
  if (value instanceof Tensor) return;
  throw new ShapeError(`${what} must be a Tensor, but got ${describeValue(value)}.`);
}

/** The shapes of operands. */
export function shapesOf<N extends OperandNames>(
  operands: OperandsOf<N, { readonly shape: Shape }>,
): OperandsOf<N, Shape> {
  // A list maps to a list of the same length, with `null` where there was one, which the type says, too.
  const list = operands as readonly ({ readonly shape: Shape } | null)[];
  return list.map((operand) => operand?.shape ?? null) as unknown as OperandsOf<N, Shape>;
}
