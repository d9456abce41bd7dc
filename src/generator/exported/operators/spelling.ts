import type { AtenNode } from '../atenNode.js';

/** Writes a node of a program by ONNX's operators. */
export type Spelling = (node: AtenNode) => void;

/** ONNX's operator of the same operands. */
export const same =
  (type: string, ...names: readonly string[]): Spelling =>
  (node) =>
    node.result(
      type,
      names.map((name) => node.value(name)),
    );

/** A value times a number; no node for 1. */
export function times(node: AtenNode, value: string, factor: number): string {
  return factor === 1 ? value : node.add('Mul', [value, node.constant('factor', factor)]);
}
