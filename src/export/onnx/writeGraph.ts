import { CycleganError } from '../../errors.js';
import { type Graph, type GraphNode, shapeOf } from '../../graph/graph.js';
import { CONSTANT, ConstantTable } from './constantTable.js';
import { SPELLINGS } from './operators/index.js';
import {
  type AttributeValue,
  ELEMENT,
  type Element,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './schema.js';
import type { OnnxOperand, OnnxWriter } from './spelling.js';

export interface WriteOptions {
  readonly opset: number;
  readonly fp16: boolean;
  readonly exactNorms: boolean;
}

export interface WrittenGraph {
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

const BY_OPERATOR = new Map(SPELLINGS.map((entry) => [entry.operator, entry] as const));

/**
 * A graph in ONNX's operators. Names of nodes are unique, also where a module is called twice.
 * @throws CycleganError `ERR_EXPORT` for an operator that ONNX does not have.
 */
export function writeGraph(graph: Graph, options: WriteOptions): WrittenGraph {
  return new GraphWriter(graph, options).write();
}

class GraphWriter implements OnnxWriter {
  readonly opset: number;
  readonly floatType: Element;
  readonly exactNorms: boolean;
  readonly #graph: Graph;
  readonly #options: WriteOptions;
  readonly #nodes: OnnxNode[] = [];
  readonly #constants: ConstantTable;
  /** What values are called, by their numbers. */
  readonly #names = new Map<number, string>();
  /** How often a name was wanted. */
  readonly #taken = new Map<string, number>();
  #scope = '';

  constructor(graph: Graph, options: WriteOptions) {
    this.#graph = graph;
    this.#options = options;
    this.opset = options.opset;
    this.floatType = options.fp16 ? ELEMENT.float16 : ELEMENT.float;
    this.exactNorms = options.exactNorms;
    this.#constants = new ConstantTable(options.fp16);
  }

  write(): WrittenGraph {
    const { inputs, nodes, outputs } = this.#graph;
    for (const { id, name } of inputs) this.#names.set(id, this.#input(name));
    for (const node of nodes) this.#names.set(node.id, this.#writeNode(node));
    const named = outputs.map((id, i) => this.#output(id, i === 0 ? 'output' : `output_${i + 1}`));
    return {
      nodes: this.#nodes,
      tensors: this.#constants.tensors,
      inputs: inputs.map(({ name, shape }) => ({ name, shape })),
      outputs: named,
    };
  }

  add(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    what = type,
  ): string {
    const name = this.#unique(`${this.#scope}/${what}`);
    const output = `${name}_output_0`;
    this.#nodes.push({ type, name, inputs, output, attributes });
    return output;
  }

  filled(value: number, count: number): string {
    return this.#constants.filled(value, count);
  }

  scalar(value: number): string {
    return this.#constants.scalar(value);
  }

  float32(values: readonly number[]): string {
    return this.#constants.float32(values);
  }

  integers(values: readonly number[]): string {
    return this.#constants.integers(values);
  }

  #writeNode(node: GraphNode): string {
    this.#scope = `/${node.name}`;
    const operands = node.operands.map((id) => (id === null ? null : this.#operand(id)));
    const known = BY_OPERATOR.get(node.operator);
    if (known === undefined) {
      throw new CycleganError('ERR_EXPORT', `${node.name}: ONNX has no operator "${node.op}".`);
    }
    return known.write(this, node, operands as readonly OnnxOperand[]);
  }

  #operand(id: number): OnnxOperand {
    return { name: this.#names.get(id) ?? this.#weight(id), shape: shapeOf(this.#graph, id) };
  }

  #weight(id: number): string {
    const leaf = this.#graph.values[id];
    if (leaf.kind !== 'parameter' && leaf.kind !== 'constant') {
      throw new Error(`value ${id} is read before it is made`);
    }
    const wanted = leaf.kind === 'parameter' ? leaf.key : `${CONSTANT}tensor${id}`;
    const name = this.#constants.floats(wanted, leaf.tensor.data, leaf.shape);
    this.#names.set(id, name);
    return name;
  }

  #input(name: string): string {
    if (!this.#options.fp16) return name;
    return this.#cast(name, ELEMENT.float16, `${name}16`);
  }

  /** The output that `id` is, under its own name: the last node's output is renamed, others are copied. */
  #output(id: number, name: string): OnnxValue {
    const { name: found, shape } = this.#operand(id);
    const last = this.#nodes.length - 1;
    if (this.#options.fp16) this.#cast(found, ELEMENT.float, name);
    else if (last >= 0 && this.#nodes[last].output === found && this.#isLast(id)) {
      this.#nodes[last] = { ...this.#nodes[last], output: name };
      this.#names.set(id, name);
    } else {
      this.#nodes.push({
        type: 'Identity',
        name: `/${name}/Identity`,
        inputs: [found],
        output: name,
        attributes: {},
      });
    }
    return { name, shape };
  }

  /** Whether nothing reads a value but one output. */
  #isLast(id: number): boolean {
    const { nodes, outputs } = this.#graph;
    return nodes.at(-1)?.id === id && outputs.filter((output) => output === id).length === 1;
  }

  #cast(input: string, to: number, output: string): string {
    const name = `/${output}/Cast`;
    this.#nodes.push({ type: 'Cast', name, inputs: [input], output, attributes: { to } });
    return output;
  }

  #unique(name: string): string {
    const count = this.#taken.get(name) ?? 0;
    this.#taken.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  }
}
