import { graphOf } from '../../graph/builder.js';
import {
  type Graph,
  type GraphNode,
  type InputLeaf,
  isWeight,
  type Leaf,
  presentOperands,
} from '../../graph/graph.js';
import { resultsOf } from './program.js';

/** A part of a graph that is a network by itself. */
export interface Segment {
  /** Values of the whole graph that go in and come out. */
  readonly sources: readonly number[];
  readonly results: readonly number[];
  /** As the whole graph has them. */
  readonly nodes: readonly GraphNode[];
  /** The same with numbers of its own. */
  readonly graph: Graph;
}

/** A part to run: a segment for the engine, or a node for its reference loops. */
export type Part = { readonly segment: Segment } | { readonly reference: GraphNode };

/**
 * Cuts a graph into parts, in order of execution: runs of nodes that the engine takes, and between them the others. All
 * values of a segment have the same number of pictures.
 */
export function partition(graph: Graph, takes: (node: GraphNode) => boolean): Part[] {
  const parts: Part[] = [];
  let open: GraphNode[] = [];
  const close = () => {
    if (open.length > 0) parts.push({ segment: segmentOf(graph, open) });
    open = [];
  };
  for (const node of graph.nodes) {
    if (!takes(node)) {
      close();
      parts.push({ reference: node });
    } else {
      if (open.length > 0 && picturesOf(open[0]) !== picturesOf(node)) close();
      open.push(node);
    }
  }
  close();
  return parts;
}

/** Pictures of a batch; `[C, H, W]` is one. */
export function picturesOf({ shape }: { readonly shape: readonly number[] }): number {
  return shape.length === 4 ? shape[0] : 1;
}

/** Some nodes of a graph as a network by itself. */
export function segmentOf(graph: Graph, nodes: readonly GraphNode[]): Segment {
  const own = new Set(nodes.map(({ id }) => id));
  const operands = new Set(nodes.flatMap(presentOperands));
  const outside = [...operands].filter((id) => !own.has(id));
  const sources = outside.filter((id) => !isWeight(graph, id));
  const readElsewhere = new Set([
    ...resultsOf(graph),
    ...graph.nodes.filter(({ id }) => !own.has(id)).flatMap(presentOperands),
  ]);
  const read = nodes.map(({ id }) => id).filter((id) => readElsewhere.has(id));
  // What nothing reads is computed all the same.
  const results = read.length > 0 ? read : [nodes[nodes.length - 1].id];
  const ids = new Map([...outside, ...own].map((id, index) => [id, index]));
  const newId = (id: number) => ids.get(id) as number;
  const values = [...ids.keys()].map((id): Leaf | GraphNode => {
    const value = graph.values[id];
    if (own.has(id) && value.kind === 'node') {
      const inner = value.operands.map((operand) => (operand === null ? null : newId(operand)));
      return { ...value, id: newId(id), operands: inner };
    }
    if (value.kind === 'parameter' || value.kind === 'constant') return { ...value, id: newId(id) };
    return { kind: 'input', id: newId(id), shape: value.shape, name: `value${id}` } as InputLeaf;
  });
  return { sources, results, nodes, graph: graphOf(values, results.map(newId)) };
}
