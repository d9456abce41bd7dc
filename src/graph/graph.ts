import type { OperandNames, Operator } from '../tensor/operator.js';
import { type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** A value of a graph: its number, which is its place in `graph.values`, and its shape. */
export interface Value {
  readonly id: number;
  readonly shape: Shape;
}

/** What a run is given. */
export interface InputLeaf extends Value {
  readonly kind: 'input';
  readonly name: string;
  /** Whether it is no picture, or batch of pictures, whatever its shape says. Default: false. */
  readonly isFlat?: boolean;
}

/** A weight or buffer of a module. */
export interface ParameterLeaf extends Value {
  readonly kind: 'parameter';
  /** In the state dict: `model.1.weight`. Of a tensor that has several keys, the first; the others are `aliases`. */
  readonly key: string;
  readonly aliases: readonly string[];
  /** Whether it is saved with the weights but not trained, as running statistics are. */
  readonly isBuffer: boolean;
  /** Its elements when the graph was traced. */
  readonly tensor: Tensor;
}

/** A tensor that belongs to the graph itself. */
export interface ConstantLeaf extends Value {
  readonly kind: 'constant';
  readonly tensor: Tensor;
}

export type Leaf = InputLeaf | ParameterLeaf | ConstantLeaf;

/** One operator of the network: what it computes, from which values, under which module's name. */
export interface GraphNode<A = unknown> extends Value {
  readonly kind: 'node';
  /** Canonical operator name, as `operator.op`. */
  readonly op: string;
  readonly operator: Operator<A>;
  /** Values by number, in the order of `operator.operands`; `null` for one that is absent. */
  readonly operands: readonly (number | null)[];
  readonly attributes: A;
  /** The module that asked for it: `model.10.conv_block.1`. */
  readonly name: string;
}

/** A value that takes a parameter's place at the end of a run, as an optimiser step does. */
export interface Assignment {
  /** Number of the parameter's leaf. */
  readonly parameter: number;
  readonly value: number;
}

/** A network for given input shapes. Every engine and export reads this. */
export interface Graph {
  /** Leaves and nodes; a value's number is its place here. Operands come before the nodes that read them. */
  readonly values: readonly (Leaf | GraphNode)[];
  readonly inputs: readonly InputLeaf[];
  readonly parameters: readonly ParameterLeaf[];
  readonly constants: readonly ConstantLeaf[];
  /** In order of execution. */
  readonly nodes: readonly GraphNode[];
  /** Numbers of the values that a run returns. */
  readonly outputs: readonly number[];
  readonly assignments: readonly Assignment[];
}

/** Whether `node` is of `operator`; its attributes are then known. */
export function isNode<A, N extends OperandNames>(
  node: Leaf | GraphNode,
  operator: Operator<A, N>,
): node is GraphNode<A> {
  return node.kind === 'node' && node.operator === (operator as unknown);
}

export function shapeOf(graph: Graph, id: number): Shape {
  return graph.values[id].shape;
}

/** The shapes of a node's operands, as its operator takes them. */
export function operandShapes(graph: Graph, node: GraphNode): readonly Shape[] {
  return operandsOf(node, (id) => shapeOf(graph, id));
}

/** A node's operands by their numbers, as its operator takes them. */
export function operandsOf<T>(node: GraphNode, get: (id: number) => T): readonly T[] {
  // The graph does not know of which operands an operator may do without; that was checked when it was built.
  return node.operands.map((id) => (id === null ? null : get(id))) as readonly T[];
}

/** Of a node's operands, those that are there. */
export function presentOperands({ operands }: GraphNode): number[] {
  return operands.filter((id) => id !== null);
}

/** Of a node's operands, those that depend on what a run is given. */
export function computedOperands(graph: Graph, node: GraphNode): number[] {
  return presentOperands(node).filter((id) => !isWeight(graph, id));
}

/** Whether a value is a parameter or a constant. */
export function isWeight({ values }: Graph, id: number): boolean {
  return values[id].kind === 'parameter' || values[id].kind === 'constant';
}

/** The elements of a parameter or a constant. */
export function weightOf({ values }: Graph, id: number): Tensor {
  const value = values[id];
  if (value.kind === 'parameter' || value.kind === 'constant') return value.tensor;
  throw new Error(`value ${id} is no weight but ${value.kind}`);
}

/** For each value, how often nodes read it, or the outputs, or a parameter that it is written to. */
export function readerCounts(graph: Graph): number[] {
  const counts = new Array<number>(graph.values.length).fill(0);
  for (const node of graph.nodes) for (const id of presentOperands(node)) counts[id]++;
  for (const id of graph.outputs) counts[id]++;
  for (const { value } of graph.assignments) counts[value]++;
  return counts;
}

/** Whether two graphs compute the same but for the elements of their parameters: a program of one serves the other. */
export function sameStructure(a: Graph, b: Graph): boolean {
  return (
    a.values.length === b.values.length &&
    sameShape(a.outputs, b.outputs) &&
    a.values.every((value, i) => sameValue(value, b.values[i])) &&
    a.assignments.length === b.assignments.length &&
    a.assignments.every(
      ({ parameter, value }, i) =>
        parameter === b.assignments[i].parameter && value === b.assignments[i].value,
    )
  );
}

function sameValue(a: Leaf | GraphNode, b: Leaf | GraphNode): boolean {
  if (!sameShape(a.shape, b.shape)) return false;
  if (a.kind === 'node') return b.kind === 'node' && sameNode(a, b);
  if (a.kind === 'input') return b.kind === 'input' && a.name === b.name;
  if (a.kind === 'constant') return b.kind === 'constant' && a.tensor === b.tensor;
  return b.kind === 'parameter' && a.key === b.key;
}

function sameNode(a: GraphNode, b: GraphNode): boolean {
  return (
    a.operator === b.operator &&
    a.name === b.name &&
    a.operands.length === b.operands.length &&
    a.operands.every((id, i) => id === b.operands[i]) &&
    sameAttributes(a.attributes as object, b.attributes as object)
  );
}

function sameAttributes(a: object, b: object): boolean {
  const other = new Map(Object.entries(b));
  const entries = Object.entries(a);
  return (
    entries.length === other.size &&
    entries.every(([key, value]) => {
      const counterpart: unknown = other.get(key);
      return (
        value === counterpart ||
        (Array.isArray(value) && Array.isArray(counterpart) && sameShape(value, counterpart))
      );
    })
  );
}
