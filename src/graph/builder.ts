import { addOperator } from '../tensor/add.js';
import type { Operator } from '../tensor/operator.js';
import type { Shape } from '../tensor/shape.js';
import { type Graph, type GraphNode, INPUT } from './graph.js';

/** A value while the graph is being built: no numbers, only where it comes from and its shape. */
export interface Value {
  readonly id: number;
  readonly shape: Shape;
}

/** Whatever can write itself into a graph; every module of `nn` is. */
export interface Traceable {
  trace(g: GraphBuilder, x: Value): Value;
}

/**
 * Records the operators that a network's `trace` methods ask for.
 *
 * ```ts
 * trace(g, x) {
 *   return g.add(x, g.call(this.convBlock, x)); // PyTorch: return x + self.conv_block(x)
 * }
 * ```
 */
export class GraphBuilder {
  readonly input: Value;
  readonly #nodes: GraphNode[] = [];
  readonly #names: ReadonlyMap<Traceable, string>;
  #scope = '';

  /** @param names What each module is called; nodes carry the name of the module that made them. */
  constructor(inputShape: Shape, names: ReadonlyMap<Traceable, string> = new Map()) {
    this.input = { id: INPUT, shape: [...inputShape] };
    this.#names = names;
  }

  /** Applies a module, as calling it does in PyTorch. */
  call(module: Traceable, x: Value): Value {
    const outer = this.#scope;
    this.#scope = this.#names.get(module) ?? outer;
    const y = module.trace(this, x);
    this.#scope = outer;
    return y;
  }

  /** Applies an operator; its shape rule is checked here, so a graph that was built can be run. */
  apply<P>(operator: Operator<P>, inputs: readonly Value[], params: P): Value {
    const shape = operator.outputShape(
      inputs.map((input) => input.shape),
      params,
    );
    const node: GraphNode<P> = {
      id: this.#nodes.length + 1,
      op: operator.op,
      operator,
      inputs: inputs.map((input) => input.id),
      params,
      shape,
      name: this.#scope,
    };
    this.#nodes.push(node as GraphNode);
    return { id: node.id, shape };
  }

  /** Element-wise sum. */
  add(a: Value, b: Value): Value {
    return this.apply(addOperator, [a, b], {});
  }

  finish(output: Value): Graph {
    return { inputShape: this.input.shape, nodes: this.#nodes, output: output.id };
  }
}
