import { CycleganError } from '../errors.js';
import { addOperator } from '../tensor/add.js';
import { type OperandNames, type OperandsOf, type Operator, shapesOf } from '../tensor/operator.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Assignment, Graph, GraphNode, InputLeaf, Leaf, Value } from './graph.js';

export type { Value };

/** What can write itself into a graph; every module of `nn` can. */
export interface Traceable {
  trace(g: GraphBuilder, x: Value): Value;
}

/** A module's weight or buffer; `tensor` is another one once it was loaded anew. */
export interface ParameterSource {
  readonly shape: Shape;
  readonly tensor: Tensor;
}

/** What modules and parameters are called. */
export interface GraphNames {
  readonly modules: ReadonlyMap<Traceable, string>;
  /** State-dict keys, of which a parameter that is shared has several. */
  readonly parameters: ReadonlyMap<ParameterSource, readonly string[]>;
  /** Those of `parameters` that are not trained, such as running statistics. */
  readonly buffers?: ReadonlySet<ParameterSource>;
}

/**
 * Records the operators that a network's `trace` methods ask for. Values hold no elements, only where they come from
 * and their shapes.
 *
 * ```ts
 * const g = new GraphBuilder([1, 3, 4, 4]);
 * const graph = g.finish(g.add(g.input, g.call(new ReLU(), g.input))); // PyTorch: x + relu(x)
 * graph.nodes.map(({ op }) => op); // ['relu', 'add']
 * ```
 */
export class GraphBuilder {
  readonly #values: (Leaf | GraphNode)[] = [];
  /** For each parameter that is written to, the value that takes its place. */
  readonly #assignments = new Map<number, Value>();
  readonly #leaves = new Map<ParameterSource | Tensor, Value>();
  readonly #names: GraphNames | null;
  readonly #input: Value | null;
  #seed: Value | null = null;
  #scope = '';

  /**
   * @param inputShape Of a network with one input, which is then `input`; without it, inputs come by `addInput`.
   * @param names What modules and parameters are called. All that are used have to be there, unless this is absent.
   */
  constructor(inputShape: Shape | null = null, names: GraphNames | null = null) {
    this.#names = names;
    this.#input = inputShape === null ? null : this.addInput(inputShape, 'input');
  }

  /**
   * Goes on with a graph: its values keep their numbers, and what is written to parameters stays. Nodes that are added belong to
   * no module.
   */
  static from(graph: Graph): GraphBuilder {
    const g = new GraphBuilder();
    g.#values.push(...graph.values);
    for (const { parameter, value } of graph.assignments) {
      g.#assignments.set(parameter, graph.values[value]);
    }
    for (const leaf of graph.constants) g.#leaves.set(leaf.tensor, leaf);
    return g;
  }

  /** The input of a network that has one. */
  get input(): Value {
    if (this.#input === null) throw new Error('this graph was begun without an input');
    return this.#input;
  }

  /** Leaves and nodes so far; a value's number is its place here. */
  get values(): readonly (Leaf | GraphNode)[] {
    return this.#values;
  }

  addInput(shape: Shape, name: string): Value {
    return this.#push({ kind: 'input', id: this.#values.length, shape: [...shape], name });
  }

  /**
   * A module's weight or buffer as a value; asked for again, the same value.
   * @throws CycleganError `ERR_UNREGISTERED` for a parameter that no module has registered.
   */
  parameter(source: ParameterSource): Value {
    const known = this.#leaves.get(source);
    if (known !== undefined) return known;
    const keys = this.#names?.parameters.get(source) ?? [this.#unnamedKey(source)];
    const [key, ...aliases] = keys;
    const { shape, tensor } = source;
    const id = this.#values.length;
    const isBuffer = this.#names?.buffers?.has(source) ?? false;
    return this.#leaf(source, { kind: 'parameter', id, shape, key, aliases, isBuffer, tensor });
  }

  /** A tensor as a value. */
  constant(tensor: Tensor): Value {
    const known = this.#leaves.get(tensor);
    if (known !== undefined) return known;
    const { shape } = tensor;
    return this.#leaf(tensor, { kind: 'constant', id: this.#values.length, shape, tensor });
  }

  /**
   * Applies a module, as calling it does in PyTorch.
   * @throws CycleganError `ERR_UNREGISTERED` for one that no module has registered as its child.
   */
  call(module: Traceable, x: Value): Value {
    const outer = this.#scope;
    const name = this.#names?.modules.get(module);
    if (name === undefined && this.#names !== null) {
      throw unregistered(`a ${module.constructor.name}`, 'registerModule', outer);
    }
    this.#scope = name ?? outer;
    const y = module.trace(this, x);
    this.#scope = outer;
    return y;
  }

  /** Applies an operator; its shape rule is checked here, so a graph that was built can be run. */
  apply<A, N extends OperandNames>(
    operator: Operator<A, N>,
    operands: OperandsOf<N, Value>,
    attributes: A,
  ): Value {
    const node: GraphNode<A> = {
      kind: 'node',
      id: this.#values.length,
      op: operator.op,
      operator: operator as unknown as Operator<A>,
      operands: (operands as readonly (Value | null)[]).map((value) => value?.id ?? null),
      attributes,
      shape: operator.outputShape(shapesOf<N>(operands), attributes),
      name: this.#scope,
    };
    return this.#push(node as GraphNode);
  }

  /** Element-wise sum. */
  add(a: Value, b: Value): Value {
    return this.apply(addOperator, [a, b], {});
  }

  /** At the end of each run, `value` takes the parameter's place; assigned anew, the last value does. */
  assign(parameter: ParameterSource, value: Value): void {
    this.#assignments.set(this.parameter(parameter).id, value);
  }

  /** What a parameter will be at the end of a run, as far as it was assigned: of a module that is called twice, the second call goes on there. */
  latest(parameter: ParameterSource): Value {
    const leaf = this.parameter(parameter);
    return this.#assignments.get(leaf.id) ?? leaf;
  }

  /**
   * What is traced from now on is traced for training: modules in training mode (`Module.train`) do what they do then. A
   * `Dropout` drops elements, norms use the statistics of the batch and assign running ones; those in eval mode, as layers that
   * are frozen, do not. Without this call, they throw, as graphs that are run to translate neither have a seed nor write back.
   *
   * ```ts
   * const net = new Sequential(new BatchNorm2d(2), new Dropout(0.5)).train();
   * const g = new GraphBuilder([1, 2, 4, 4], namesOf(net));
   * g.startTraining(g.addInput([2], 'seed')); // runAll([picture, new Tensor(Float32Array.of(7, step), [2])])
   * const graph = g.finish(g.call(net, g.input));
   * graph.assignments.length; // 3
   * ```
   *
   * @param seed Whole numbers `[2]` from 0 to 2²⁴ that random numbers follow from: one for the training, say, and the number of
   * the step. An input, or a parameter that the graph itself counts up.
   */
  startTraining(seed: Value): void {
    this.#seed = seed;
  }

  /** What random numbers follow from, or `null` unless this is traced for training. */
  get seed(): Value | null {
    return this.#seed;
  }

  get isTraining(): boolean {
    return this.#seed !== null;
  }

  /** How many values there are so far, which is the number of the next one. */
  get size(): number {
    return this.#values.length;
  }

  /** @param output What a run returns, one value or several. */
  finish(output: Value | readonly Value[]): Graph {
    const outputs: readonly Value[] = 'id' in output ? [output] : output;
    return graphOf(
      this.#values,
      outputs.map(({ id }) => id),
      Array.from(this.#assignments, ([parameter, { id }]) => ({ parameter, value: id })),
    );
  }

  #leaf(key: ParameterSource | Tensor, leaf: Leaf): Value {
    this.#leaves.set(key, leaf);
    return this.#push(leaf);
  }

  #push<V extends Leaf | GraphNode>(value: V): V {
    this.#values.push(value);
    return value;
  }

  /** Without names, a parameter is called by its number. */
  #unnamedKey(source: ParameterSource): string {
    if (this.#names === null) return `parameter${this.#values.length}`;
    const what = `a parameter of shape [${source.shape.join(', ')}]`;
    throw unregistered(what, 'registerParameter', this.#scope);
  }
}

/** Sorts values by their kinds. */
export function graphOf(
  values: readonly (Leaf | GraphNode)[],
  outputs: readonly number[],
  assignments: readonly Assignment[] = [],
): Graph {
  const inputs: InputLeaf[] = values.filter((value) => value.kind === 'input');
  return {
    values,
    inputs,
    parameters: values.filter((value) => value.kind === 'parameter'),
    constants: values.filter((value) => value.kind === 'constant'),
    nodes: values.filter((value) => value.kind === 'node'),
    outputs,
    assignments,
  };
}

function unregistered(what: string, method: string, scope: string): CycleganError {
  const where = scope === '' ? 'the network' : `"${scope}"`;
  return new CycleganError(
    'ERR_UNREGISTERED',
    `trace of ${where} uses ${what} that was never registered, so it has no key in the state dict: pass it through ${method} in the constructor.`,
  );
}
