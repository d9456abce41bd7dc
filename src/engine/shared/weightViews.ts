import { graphOf } from '../../graph/builder.js';
import { type Graph, type GraphNode, isNode, type Leaf } from '../../graph/graph.js';
import { reshapeOperator } from '../../tensor/reshape.js';
import { resultsOf } from './program.js';

/**
 * Weights that a network reads in another shape, as weights of that shape: a parameter's view has its key, and elements are
 * looked up by that.
 */
export function foldWeightViews(graph: Graph): Graph {
  const results = new Set(resultsOf(graph));
  const values: (Leaf | GraphNode)[] = [];
  for (const value of graph.values) {
    values.push((results.has(value.id) ? null : viewOf(value, values)) ?? value);
  }
  return values.every((value, i) => value === graph.values[i])
    ? graph
    : graphOf(values, graph.outputs, graph.assignments);
}

function viewOf(value: Leaf | GraphNode, values: readonly (Leaf | GraphNode)[]): Leaf | null {
  if (!isNode(value, reshapeOperator)) return null;
  const of = values[value.operands[0] as number];
  const { id, shape } = value;
  return of.kind === 'parameter' || of.kind === 'constant' ? { ...of, id, shape } : null;
}

/** Of the leaves that are views of one weight, the first: what is kept of a weight is kept once. */
export function firstView({ values, parameters, constants }: Graph, id: number): number {
  const leaf = values[id];
  if (leaf.kind === 'parameter') return parameters.find(({ key }) => key === leaf.key)?.id ?? id;
  if (leaf.kind !== 'constant') return id;
  return constants.find(({ tensor }) => tensor === leaf.tensor)?.id ?? id;
}
