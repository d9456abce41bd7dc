import type { Operator } from '../tensor/operator.js';
import { type Shape, sameShape } from '../tensor/shape.js';

/** The network's input, as a value id. */
export const INPUT = 0;

/** One operator of the network: what it computes, from which values, under which module's name. */
export interface GraphNode<P = unknown> {
  /** The value that the node makes; `INPUT` is 0 and nodes count from 1, in order of execution. */
  readonly id: number;
  /** Canonical operator name, as `operator.op`. */
  readonly op: string;
  readonly operator: Operator<P>;
  readonly inputs: readonly number[];
  readonly params: P;
  readonly shape: Shape;
  /** The module that asked for it: `model.10.conv_block.1`. */
  readonly name: string;
}

/** A network for one input shape, as a list in order of execution. Every engine and export reads this. */
export interface Graph {
  readonly inputShape: Shape;
  readonly nodes: readonly GraphNode[];
  /** Id of the value that the network returns. */
  readonly output: number;
}

/** Whether `node` is of `operator`; its params are then known. */
export function isNode<P>(node: GraphNode, operator: Operator<P>): node is GraphNode<P> {
  return (node.operator as Operator<P>) === operator;
}

export function shapeOf(graph: Graph, id: number): Shape {
  return id === INPUT ? graph.inputShape : graph.nodes[id - 1].shape;
}

/** For each value id, how many nodes (or the output) read it. */
export function readerCounts(graph: Graph): number[] {
  const counts = new Array<number>(graph.nodes.length + 1).fill(0);
  for (const node of graph.nodes) for (const input of node.inputs) counts[input]++;
  counts[graph.output]++;
  return counts;
}

/** Whether two graphs compute the same, with the very same weights: a program of one serves the other. */
export function sameGraph(a: Graph, b: Graph): boolean {
  return (
    a.output === b.output &&
    sameShape(a.inputShape, b.inputShape) &&
    a.nodes.length === b.nodes.length &&
    a.nodes.every((node, i) => sameNode(node, b.nodes[i]))
  );
}

function sameNode(a: GraphNode, b: GraphNode): boolean {
  return (
    a.operator === b.operator &&
    a.name === b.name &&
    sameShape(a.inputs, b.inputs) &&
    sameParams(a.params as object, b.params as object)
  );
}

function sameParams(a: object, b: object): boolean {
  const other = new Map(Object.entries(b));
  return Object.entries(a).every(([key, value]) => {
    const counterpart: unknown = other.get(key);
    return (
      value === counterpart ||
      (Array.isArray(value) && Array.isArray(counterpart) && sameShape(value, counterpart))
    );
  });
}
