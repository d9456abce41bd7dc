import type { Graph, GraphNode, Leaf } from '../graph/graph.js';
import { addOperator } from '../tensor/add.js';
import { mulOperator } from '../tensor/mul.js';
import type { Tensor } from '../tensor/tensor.js';

/** Whether two graphs compute the same of the same picture and the same parameters: operator by operator. */
export function isSameGraph(a: Graph, b: Graph): boolean {
  const known: Known = { texts: new Map(), tensors: new Map() };
  const numbers = [a, b].map((graph) => numbered(graph, known));
  const outputs = [a, b].map(({ outputs: ids }, i) => ids.map((id) => numbers[i][id]).join());
  return outputs[0] === outputs[1];
}

/** Numbers of values, and of tensors that are too long to be compared. */
interface Known {
  readonly texts: Map<string, number>;
  readonly tensors: Map<Tensor, number>;
}

/** Each value's number among all that are not alike. */
function numbered({ values }: Graph, { texts, tensors }: Known): readonly number[] {
  const numbers: number[] = [];
  for (const value of values) {
    const text = value.kind === 'node' ? textOfNode(value, numbers) : textOfLeaf(value, tensors);
    const number = texts.get(text) ?? texts.size;
    texts.set(text, number);
    numbers.push(number);
  }
  return numbers;
}

/** Longer constants are alike only where they are the same tensor: none but filters have more. */
const MAX_ELEMENTS = 1024;

function textOfLeaf(leaf: Leaf, tensors: Map<Tensor, number>): string {
  if (leaf.kind === 'input') return `input ${leaf.shape.join()}`;
  if (leaf.kind === 'parameter') return `parameter ${leaf.key}`;
  const { tensor, shape } = leaf;
  const number = tensors.get(tensor) ?? tensors.size;
  if (tensor.size > MAX_ELEMENTS) tensors.set(tensor, number);
  const elements = tensor.size > MAX_ELEMENTS ? `of tensor ${number}` : tensor.data.join();
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
