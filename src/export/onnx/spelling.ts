import type { GraphNode } from '../../graph/graph.js';
import type { OperandNames, Operator } from '../../tensor/operator.js';
import type { Shape } from '../../tensor/shape.js';
import type { AttributeValue, Element } from './schema.js';

/** A value or a weight as an ONNX node takes it. */
export interface OnnxOperand {
  readonly name: string;
  readonly shape: Shape;
}

/** What spellings write with. */
export interface OnnxWriter {
  readonly opset: number;
  /** Of weights and arithmetic. */
  readonly floatType: Element;
  /** Whether norms are spelled out, so that runtimes add up as it is written. */
  readonly exactNorms: boolean;
  /**
   * Adds an ONNX node.
   * @param what Its name within the graph's node; default: its type.
   * @returns The name of its output.
   */
  add(
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
    what?: string,
  ): string;
  /** A constant: the same number `count` times. */
  filled(value: number, count: number): string;
  /** A constant without dimensions. */
  scalar(value: number): string;
  integers(values: readonly number[]): string;
  /** Of 32 bits, whatever weights have. */
  float32(values: readonly number[]): string;
}

/** How an operator is written in ONNX. */
export interface Spelling {
  readonly operator: Operator;
  /** @returns The name of the value; the node that makes it was added last. */
  write(writer: OnnxWriter, node: GraphNode, operands: readonly OnnxOperand[]): string;
}

/** @param write Gets operands in their order, `null` for one that is absent. */
export function spelling<A, N extends OperandNames>(
  operator: Operator<A, N>,
  write: (
    writer: OnnxWriter,
    node: GraphNode<A>,
    operands: readonly (OnnxOperand | null)[],
  ) => string,
): Spelling {
  return {
    operator: operator as unknown as Operator,
    write: (writer, node, operands) => write(writer, node as GraphNode<A>, operands),
  };
}

/** An operator that is one ONNX node without attributes. */
export function sameAs<A, N extends OperandNames>(
  operator: Operator<A, N>,
  type: string,
): Spelling {
  return spelling(operator, (writer, _, operands) => writer.add(type, namesOf(operands)));
}

/** Of the operands that are there. */
export function namesOf(operands: readonly (OnnxOperand | null)[]): string[] {
  return operands.filter((operand) => operand !== null).map(({ name }) => name);
}
