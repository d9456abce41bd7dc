import type { GraphBuilder, Value } from '../graph/builder.js';
import type { OperandNames, Operator } from '../tensor/operator.js';

/** A node whose gradient is wanted. */
export interface Differentiated<A> {
  /** Where the gradient's own nodes go. */
  readonly g: GraphBuilder;
  /** In the order of the operator's operands; `null` for one that is absent. */
  readonly operands: readonly (Value | null)[];
  readonly output: Value;
  readonly attributes: A;
  /** Of the scalar with respect to `output`, of the same shape. */
  readonly gradient: Value;
  /** Whether an operand's gradient is asked for. */
  needs(operand: number): boolean;
}

/** How the gradients of an operator's operands follow from that of its result. */
export interface GradientRule {
  readonly operator: Operator;
  /** One for each operand, of its shape; `null` where it has none, or it is not asked for. */
  gradients(node: Differentiated<unknown>): readonly (Value | null)[];
}

/** The rule of an operator. */
export function gradientRule<A, N extends OperandNames>(
  operator: Operator<A, N>,
  gradients: (node: Differentiated<A>) => readonly (Value | null)[],
): GradientRule {
  return {
    operator: operator as unknown as Operator,
    gradients: (node) => gradients(node as Differentiated<A>),
  };
}

/** An operand that its operator cannot do without. */
export function operand<A>({ operands }: Differentiated<A>, index: number): Value {
  const value = operands[index];
  if (value === null || value === undefined) throw new Error(`operand ${index} is absent`);
  return value;
}
