import { graphOf } from './builder.js';
import { type Graph, type GraphNode, type Leaf, presentOperands } from './graph.js';

/** The same graph without nodes that no output depends on; leaves stay, and values are numbered anew. */
export function withoutUnread(graph: Graph): Graph {
  const { values, outputs, assignments } = graph;
  const isRead = values.map(({ kind }) => kind !== 'node');
  for (const id of [...outputs, ...assignments.map(({ value }) => value)]) isRead[id] = true;
  for (let id = values.length - 1; id >= 0; id--) {
    const value = values[id];
    if (value.kind !== 'node' || !isRead[id]) continue;
    for (const operand of presentOperands(value)) isRead[operand] = true;
  }
  if (isRead.every(Boolean)) return graph;
  let next = 0;
  const numbers = isRead.map((read) => (read ? next++ : -1));
  const kept = values.flatMap((value, id): (Leaf | GraphNode)[] => {
    if (!isRead[id]) return [];
    if (value.kind !== 'node') return [{ ...value, id: numbers[id] }];
    const operands = value.operands.map((operand) => (operand === null ? null : numbers[operand]));
    return [{ ...value, id: numbers[id], operands }];
  });
  return graphOf(
    kept,
    outputs.map((id) => numbers[id]),
    assignments.map(({ parameter, value }) => ({
      parameter: numbers[parameter],
      value: numbers[value],
    })),
  );
}
