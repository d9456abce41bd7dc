import type { Graph, GraphNode, Leaf } from '../graph/graph.js';
import { addOperator } from '../tensor/add.js';
import { mulOperator } from '../tensor/mul.js';

/** Whether two graphs compute the same of the same picture and the same parameters: operator by operator. */
export function isSameGraph(a: Graph, b: Graph): boolean {
  const known = new Map<string, number>();
  const numbers = [a, b].map((graph) => numbered(graph, known));
  const outputs = [a, b].map(({ outputs: ids }, i) => ids.map((id) => numbers[i][id]).join());
  return outputs[0] === outputs[1];
}

/** Each value's number among all that are not alike. */
function numbered({ values }: Graph, known: Map<string, number>): readonly number[] {
  const numbers: number[] = [];
  for (const value of values) {
    const text = value.kind === 'node' ? textOfNode(value, numbers) : textOfLeaf(value);
    const number = known.get(text) ?? known.size;
    known.set(text, number);
    numbers.push(number);
  }
  return numbers;
}

/** Longer constants are not compared: none but filters have more. */
const MAX_ELEMENTS = 1024;

function textOfLeaf(leaf: Leaf): string {
  if (leaf.kind === 'input') return `input ${leaf.shape.join()}`;
  if (leaf.kind === 'parameter') return `parameter ${leaf.key}`;
  const { tensor, shape, id } = leaf;
  const elements = tensor.size > MAX_ELEMENTS ? `of ${id}` : tensor.data.join();
  return `constant ${shape.join()}: ${elements}`;
}

function textOfNode(
  { op, operator, operands, attributes }: GraphNode,
  numbers: readonly number[],
): string {
  const read = operands.map((id) => (id === null ? -1 : numbers[id]));
  const isEitherWay =
    operator === (addOperator as unknown) || operator === (mulOperator as unknown);
  const ordered = isEitherWay ? read.toSorted((x, y) => x - y) : read;
  const entries = Object.entries(attributes as object).toSorted(([x], [y]) => (x < y ? -1 : 1));
  return `${op} ${ordered.join()} ${JSON.stringify(entries)}`;
}
