import { graphOf } from '../../graph/builder.js';
import {
  type Graph,
  type GraphNode,
  isWeight,
  type Leaf,
  presentOperands,
} from '../../graph/graph.js';
import { isWhole, type LaidOutGraph } from './fuse/layouts.js';
import { picturesOf } from './fuse/pictures.js';
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
 * values of a segment that are pictures have the same number of them.
 */
export function partition(graph: LaidOutGraph, takes: (node: GraphNode) => boolean): Part[] {
  const parts: Part[] = [];
  let open: GraphNode[] = [];
  let pictures: number | null = null;
  const close = () => {
    if (open.length > 0)
      parts.push({ segment: segmentOf(graph, open, (id) => isWhole(graph, id)) });
    open = [];
    pictures = null;
  };
  for (const node of graph.nodes) {
    if (!takes(node)) {
      close();
      parts.push({ reference: node });
    } else {
      const own = graph.flatSizes[node.id] === null ? picturesOf(node) : null;
      if (own !== null && pictures !== null && own !== pictures) close();
      pictures = own ?? pictures;
      open.push(node);
    }
  }
  close();
  return parts;
}

/**
 * Some nodes of a graph as a network by itself.
 * @param isFlat Of a value that comes in, whether it is no picture, whatever its shape.
 */
export function segmentOf(
  graph: Graph,
  nodes: readonly GraphNode[],
  isFlat: (id: number) => boolean = () => false,
): Segment {
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
    const name = `value${id}`;
    return { kind: 'input', id: newId(id), shape: value.shape, name, isFlat: isFlat(id) };
  });
  return { sources, results, nodes, graph: graphOf(values, results.map(newId)) };
}
