import {
  computedOperands,
  type Graph,
  type GraphNode,
  isWeight,
  shapeOf,
  weightOf,
} from '../../graph/graph.js';
import type { Shape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';

/** A weight of an operator. */
export interface NamedTensor {
  /** As in a state dict: `weight`, `running_mean`. */
  readonly name: string;
  /** The state-dict key; a tensor that no state dict holds goes by its operator's name. */
  readonly key: string;
  readonly tensor: Tensor;
}

/** An operator and what flows into it. Operators count from 1 in order of execution, inputs from 0 down. */
export interface FlowNode {
  readonly id: number;
  readonly node: GraphNode;
  /** Where its values come from, weights aside. */
  readonly inputs: readonly number[];
  readonly tensors: readonly NamedTensor[];
}

/** A graph as what flows through its operators: weights are parts of these. */
export interface Flow {
  readonly inputs: readonly { readonly id: number; readonly name: string; readonly shape: Shape }[];
  readonly nodes: readonly FlowNode[];
  readonly outputs: readonly number[];
}

export function flowOf(graph: Graph): Flow {
  const ids = new Map<number, number>();
  for (const [index, { id }] of graph.inputs.entries()) ids.set(id, -index);
  for (const [index, { id }] of graph.nodes.entries()) ids.set(id, index + 1);
  const flowId = (id: number) => ids.get(id) ?? 0;
  return {
    inputs: graph.inputs.map(({ id, name, shape }) => ({ id: flowId(id), name, shape })),
    nodes: graph.nodes.map((node) => ({
      id: flowId(node.id),
      node,
      inputs: computedOperands(graph, node).map(flowId),
      tensors: tensorsOf(graph, node),
    })),
    outputs: graph.outputs.map(flowId),
  };
}

/** The shape of an input or of what an operator makes. */
export function flowShape({ inputs, nodes }: Flow, id: number): Shape {
  return id > 0 ? nodes[id - 1].node.shape : inputs[-id].shape;
}

/** The shapes of what an operator takes, weights aside. */
export function inputShapes(graph: Graph, node: GraphNode): Shape[] {
  return computedOperands(graph, node).map((id) => shapeOf(graph, id));
}

function tensorsOf(graph: Graph, node: GraphNode): NamedTensor[] {
  return node.operands.flatMap((id, i) => {
    if (id === null || !isWeight(graph, id)) return [];
    const operand = node.operator.operands[Math.min(i, node.operator.operands.length - 1)];
    const name = operand
      .replace(/[?*]$/, '')
      .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const value = graph.values[id];
    const alone = node.name === '' ? name : `${node.name}.${name}`;
    const key = value.kind === 'parameter' ? value.key : alone;
    return [{ name, key, tensor: weightOf(graph, id) }];
  });
}
