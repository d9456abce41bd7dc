import { CycleganError } from '../errors.js';
import { GraphBuilder, type Value } from '../graph/builder.js';
import type { Graph, GraphNode, Leaf } from '../graph/graph.js';
import { sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { GRADIENT_RULES } from './rules/index.js';

export interface GradOptions {
  /** Numbers of the values with respect to which gradients are computed. Default: all parameters of the graph that are no buffers. */
  readonly by?: readonly number[];
}

/**
 * A graph that computes, after all that `graph` returns, the gradients of its first output, which has one element.
 *
 * ```ts
 * const g = new GraphBuilder([2, 3]);
 * const graph = valueAndGrad(g.finish(mseLoss(g, g.input, 1)), { by: [g.input.id] });
 * graph.outputs.map((id) => graph.values[id].shape); // [[1], [2, 3]]
 * ```
 *
 * @returns Outputs are those of `graph`, and then a gradient for each value of `by`, of its shape.
 * @throws CycleganError `ERR_NO_GRADIENT` for an output that is no scalar, or an operator without a rule on the way.
 */
export function valueAndGrad(graph: Graph, options: GradOptions = {}): Graph {
  const { g, gradients } = differentiate(graph, options);
  return g.finish([...graph.outputs.map((id) => graph.values[id]), ...gradients]);
}

/**
 * The gradients alone.
 *
 * ```ts
 * const g = new GraphBuilder([2, 3]);
 * const graph = grad(g.finish(l1Loss(g, g.input, 1)), { by: [g.input.id] });
 * graph.outputs.map((id) => graph.values[id].shape); // [[2, 3]]
 * ```
 *
 * @throws CycleganError as `valueAndGrad`.
 */
export function grad(graph: Graph, options: GradOptions = {}): Graph {
  const { g, gradients } = differentiate(graph, options);
  return g.finish(gradients);
}

/**
 * Goes on with a graph: nodes for the gradients come behind its own.
 * @returns The builder, and a gradient for each value of `by`.
 */
export function differentiate(
  graph: Graph,
  { by = trainedParameters(graph) }: GradOptions = {},
): { g: GraphBuilder; gradients: Value[] } {
  const g = GraphBuilder.from(graph);
  const values = by.map((id) => graph.values[id]);
  const gradients = backward(g, graph.values[graph.outputs[0]], values);
  return {
    g,
    gradients: gradients.map((one, i) => one ?? g.constant(Tensor.zeros(values[i].shape))),
  };
}

/**
 * Adds nodes for the gradients of a scalar to the graph that computes it. A loss of several terms needs less memory when each
 * term's gradients follow the term at once: what its forward pass has left is then read before the next term begins.
 *
 * ```ts
 * const g = new GraphBuilder([2, 3]);
 * const [gradient] = backward(g, mseLoss(g, g.input, 1), [g.input]);
 * gradient?.shape; // [2, 3]
 * ```
 *
 * @param by Values whose gradients are wanted. With `onto`, leaves.
 * @param onto What the gradients are added to, as those of earlier terms; `null` for none.
 * @returns For each value of `by`, its gradient, or `null` where the scalar does not depend on it and there was none before.
 * @throws CycleganError `ERR_NO_GRADIENT` for what is no scalar, or an operator without a rule on the way.
 */
export function backward(
  g: GraphBuilder,
  of: Value,
  by: readonly Value[],
  onto: readonly (Value | null)[] = [],
): (Value | null)[] {
  if (sizeOf(of.shape) !== 1) {
    throw new CycleganError(
      'ERR_NO_GRADIENT',
      `Gradients are those of a scalar, but this value has shape [${of.shape.join(', ')}]: sum it up, or take its mean.`,
    );
  }
  const values = g.values.slice(0, of.id + 1);
  const needed = dependents(values, new Set(by.map(({ id }) => id)));
  const found = new Map<number, Value>();
  for (const [i, value] of onto.entries()) if (value !== null) found.set(by[i].id, value);
  found.set(of.id, g.constant(Tensor.full(of.shape, 1)));
  for (const node of values.toReversed()) {
    const gradient = found.get(node.id);
    if (node.kind === 'node' && gradient !== undefined && needed.has(node.id)) {
      addOperands(values, node, gradient, g, found, needed);
    }
  }
  return by.map(({ id }) => found.get(id) ?? null);
}

/** Adds what a node's operands get of its gradient to what they have. */
function addOperands(
  values: readonly Value[],
  node: GraphNode,
  gradient: Value,
  g: GraphBuilder,
  found: Map<number, Value>,
  needed: ReadonlySet<number>,
): void {
  const rule = GRADIENT_RULES.find(({ operator }) => operator === node.operator);
  if (rule === undefined) {
    throw new CycleganError(
      'ERR_NO_GRADIENT',
      `There is no gradient rule for the operator ${node.op}${node.name === '' ? '' : `, which ${node.name} applies`}.`,
    );
  }
  const parts = rule.gradients({
    g,
    operands: node.operands.map((id) => (id === null ? null : values[id])),
    output: node,
    attributes: node.attributes,
    gradient,
    needs: (index) => needed.has(node.operands[index] ?? -1),
  });
  for (const [index, part] of parts.entries()) {
    const id = node.operands[index];
    if (part === null || id === null || !needed.has(id)) continue;
    const sum = found.get(id);
    found.set(id, sum === undefined ? part : g.add(sum, part));
  }
}

/** Values that depend on some of `by`, and these. */
function dependents(values: readonly (Leaf | GraphNode)[], by: ReadonlySet<number>): Set<number> {
  const needed = new Set(by);
  for (const value of values) {
    if (value.kind !== 'node') continue;
    const { id, operands } = value;
    if (operands.some((operand) => operand !== null && needed.has(operand))) needed.add(id);
  }
  return needed;
}

/** Numbers of the parameters that are no buffers. */
function trainedParameters({ parameters }: Graph): number[] {
  return parameters.filter(({ isBuffer }) => !isBuffer).map(({ id }) => id);
}
