import { type OperandNames, type OperandsOf, type Operator, shapesOf } from '../tensor/operator.js';
import type { Tensor } from '../tensor/tensor.js';
import { graphOf } from './builder.js';
import type { Graph, GraphNode, Leaf, Value } from './graph.js';

/** What a node is replaced with: nodes behind those that come before it, under its name. */
export interface NodeReplacement {
  /** What an operand of the node has become; `null` for one that is absent. */
  operand(index: number): Value | null;
  /** Applies an operator; its shape rule is checked. */
  apply<A, N extends OperandNames>(
    operator: Operator<A, N>,
    operands: OperandsOf<N, Value>,
    attributes: A,
  ): Value;
  constant(tensor: Tensor): Value;
}

export interface ReplacedGraph {
  readonly graph: Graph;
  /** By the numbers of its nodes, those that they are, or are the last in the place of. */
  readonly originals: ReadonlyMap<number, GraphNode>;
}

/**
 * The same graph with other nodes in the place of some; values are numbered anew.
 * @param replace Gives the value that takes a node's place, of its shape, or `null` for one that stays; nodes that it adds come before that.
 */
export function replaceNodes(
  graph: Graph,
  replace: (node: GraphNode, by: NodeReplacement) => Value | null,
): ReplacedGraph {
  const values: (Leaf | GraphNode)[] = [];
  const made = new Map<number, Value>();
  const push = <V extends Leaf | GraphNode>(value: V): V => {
    values.push(value);
    return value;
  };
  const madeOf = (id: number) => made.get(id) as Value;
  const replacementOf = ({ name, operands: own }: GraphNode): NodeReplacement => ({
    operand: (index) => (own[index] === null ? null : madeOf(own[index])),
    constant: (tensor) => {
      const { shape } = tensor;
      return push({ kind: 'constant', id: values.length, shape, tensor });
    },
    apply: (operator, operands, attributes) => {
      const shape = operator.outputShape(shapesOf(operands), attributes);
      const given = operands as readonly (Value | null)[];
      return push({
        kind: 'node',
        id: values.length,
        op: operator.op,
        operator: operator as unknown as Operator,
        operands: given.map((value) => value?.id ?? null),
        attributes,
        shape,
        name,
      });
    },
  });
  for (const value of graph.values) {
    const other = value.kind === 'node' ? replace(value, replacementOf(value)) : null;
    made.set(value.id, other ?? push({ ...value, ...renumbered(value, values.length, madeOf) }));
  }
  const outputs = graph.outputs.map((id) => madeOf(id).id);
  const assignments = graph.assignments.map(({ parameter, value }) => ({
    parameter: madeOf(parameter).id,
    value: madeOf(value).id,
  }));
  return {
    graph: graphOf(values, outputs, assignments),
    originals: new Map(graph.nodes.map((node) => [madeOf(node.id).id, node])),
  };
}

function renumbered(
  value: Leaf | GraphNode,
  id: number,
  madeOf: (id: number) => Value,
): { readonly id: number; readonly operands?: readonly (number | null)[] } {
  if (value.kind !== 'node') return { id };
  const operands = value.operands.map((operand) => (operand === null ? null : madeOf(operand).id));
  return { id, operands };
}
