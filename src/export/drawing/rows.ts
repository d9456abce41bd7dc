import type { GraphNode } from '../../graph/graph.js';
import type { Shape } from '../../tensor/shape.js';
import { type Flow, type FlowNode, flowShape } from './flow.js';
import { findRepeats, type Repeat, rangeOf } from './fold.js';
import { type Description, describe } from './operators.js';

/** What stands below one another: the network's ends, its operators, and where a repeat begins. */
export type RowContent =
  | { readonly type: 'end'; readonly label: string }
  | { readonly type: 'entry' }
  | { readonly type: 'operator'; readonly operator: DrawnOperator };

/** One box: a node, or the nodes that do the same in all modules of a repeat. */
export interface DrawnOperator {
  readonly nodes: readonly GraphNode[];
  /** With the range of modules: `model.10…18.conv_block.1`. */
  readonly name: string;
  readonly description: Description;
  readonly tensors: readonly DrawnTensor[];
}

export interface DrawnTensor {
  readonly label: string;
  readonly shape: Shape;
  /** The state-dict keys, one for each node of the operator. */
  readonly keys: readonly string[];
}

export interface Row {
  readonly content: RowContent;
  /** Rows whose values it takes, in the operator's order. */
  readonly inputs: readonly number[];
  /** Of the value that it makes; `null` for an output, which makes none. */
  readonly shape: Shape | null;
}

/** Rows `first` to `last`, the entry included, that stand for all of these modules. */
export interface Group {
  readonly first: number;
  readonly last: number;
  readonly modules: readonly string[];
}

export interface Rows {
  readonly rows: readonly Row[];
  readonly groups: readonly Group[];
}

/** The network as rows, in order of execution; values are then told by the row that makes them. */
export function rowsOf(flow: Flow, fold: boolean): Rows {
  const repeats = new Map(
    fold ? findRepeats(flow).map((repeat) => [repeat.first, repeat] as const) : [],
  );
  const rows: Row[] = [];
  const groups: Group[] = [];
  const rowOfValue = new Map<number, number>();
  const push = (content: RowContent, inputs: readonly number[], shape: Shape | null) =>
    rows.push({ content, inputs, shape }) - 1;
  const pushOperator = (nodes: readonly FlowNode[], modules: readonly string[], entry?: number) => {
    const [{ id, inputs, node }] = nodes;
    const operator = drawnOperator(nodes, modules);
    // In a repeat, what is not made in it comes in by its entry.
    const from = inputs.map((input) => rowOfValue.get(input) ?? entry ?? 0);
    rowOfValue.set(id, push({ type: 'operator', operator }, from, node.shape));
  };

  for (const { id, name, shape } of flow.inputs) {
    rowOfValue.set(id, push({ type: 'end', label: name }, [], shape));
  }
  for (let id = 1; id <= flow.nodes.length; ) {
    const repeat = repeats.get(id);
    if (repeat === undefined) {
      pushOperator([flow.nodes[id - 1]], []);
      id++;
    } else {
      pushRepeat(repeat);
      id += repeat.length * repeat.modules.length;
    }
  }
  for (const [i, output] of flow.outputs.entries()) {
    const label = i === 0 ? 'output' : `output ${i + 1}`;
    push({ type: 'end', label }, [rowOfValue.get(output) ?? 0], null);
  }
  return { rows, groups };

  function pushRepeat({ first, length, modules }: Repeat): void {
    const units = modules.map((_, unit) => flow.nodes.slice(first - 1 + unit * length));
    const source = units[0]
      .slice(0, length)
      .flatMap(({ inputs }) => inputs)
      .find((input) => input < first);
    const before = source ?? 0;
    const outside = rowOfValue.get(before) ?? 0;
    const entry = push({ type: 'entry' }, [outside], flowShape(flow, before));
    rowOfValue.delete(before);
    for (let i = 0; i < length; i++) {
      pushOperator(
        units.map((nodes) => nodes[i]),
        modules,
        entry,
      );
    }
    rowOfValue.set(before, outside);
    const last = rows.length - 1;
    rowOfValue.set(first + length * modules.length - 1, last);
    groups.push({ first: entry, last, modules });
  }
}

function drawnOperator(nodes: readonly FlowNode[], modules: readonly string[]): DrawnOperator {
  const [first] = nodes;
  const { name } = first.node;
  return {
    nodes: nodes.map(({ node }) => node),
    name: modules.length > 0 ? rangeOf(modules) + name.slice(modules[0].length) : name,
    description: describe(first),
    tensors: first.tensors.map(({ name: label, tensor }, i) => ({
      label,
      shape: tensor.shape,
      keys: nodes.map(({ tensors }) => tensors[i].key),
    })),
  };
}
