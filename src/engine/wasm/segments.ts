import { type Graph, type GraphNode, INPUT, shapeOf } from '../../graph/graph.js';

/** A part of a graph that is a network by itself: one value goes in, one comes out. */
export interface Segment {
  /** The value of the whole graph that goes in. */
  readonly source: number;
  /** The value of the whole graph that comes out. */
  readonly result: number;
  /** As the whole graph has them. */
  readonly nodes: readonly GraphNode[];
  /** The same with numbers of its own. */
  readonly graph: Graph;
}

/** A part to run: a segment for machine code, or a node for its plain loops. */
export type Part = { readonly segment: Segment } | { readonly plain: GraphNode };

/**
 * Cuts a graph into parts, in order of execution: as few segments as its order allows of nodes that machine code takes, and
 * between them the others. A sum over a cut has two values that go in, so it is one of the others, too.
 */
export function cutGraph(graph: Graph, takes: (node: GraphNode) => boolean): Part[] {
  const parts: Part[] = [];
  let source = INPUT;
  let open: GraphNode[] = [];
  const close = () => {
    parts.push(...closed(graph, source, open));
    open = [];
  };
  for (const node of graph.nodes) {
    const own = new Set(open.map(({ id }) => id));
    const outside = new Set(node.inputs.filter((id) => !own.has(id)));
    const fits = open.length > 0 && [...outside].every((id) => id === source);
    if (!takes(node) || (!fits && new Set(node.inputs).size > 1)) {
      close();
      parts.push({ plain: node });
    } else {
      if (!fits) {
        close();
        source = node.inputs[0];
      }
      open.push(node);
    }
  }
  close();
  return parts;
}

/** One segment, if one of its values alone is wanted elsewhere; otherwise a part for each node. */
function closed(graph: Graph, source: number, nodes: readonly GraphNode[]): Part[] {
  if (nodes.length === 0) return [];
  const own = new Set(nodes.map(({ id }) => id));
  const wanted = nodes.filter(
    ({ id }) =>
      id === graph.output ||
      graph.nodes.some((reader) => !own.has(reader.id) && reader.inputs.includes(id)),
  );
  if (wanted.length === 1) return [{ segment: segment(graph, source, nodes, wanted[0].id) }];
  return nodes.map((node) =>
    new Set(node.inputs).size === 1
      ? { segment: segment(graph, node.inputs[0], [node], node.id) }
      : { plain: node },
  );
}

function segment(
  graph: Graph,
  source: number,
  nodes: readonly GraphNode[],
  result: number,
): Segment {
  const numbers = new Map([[source, INPUT]]);
  for (const [index, { id }] of nodes.entries()) numbers.set(id, index + 1);
  const number = (id: number) => numbers.get(id) as number;
  return {
    source,
    result,
    nodes,
    graph: {
      inputShape: shapeOf(graph, source),
      nodes: nodes.map((node) => ({
        ...node,
        id: number(node.id),
        inputs: node.inputs.map(number),
      })),
      output: number(result),
    },
  };
}
