import { GraphBuilder, type Traceable, type Value } from '../graph/builder.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import { namesOf } from '../nn/compile.js';
import type { Module } from '../nn/module.js';
import { checkShape } from '../tensor/callerValues.js';
import type { OperandNames, OperandsOf, Operator } from '../tensor/operator.js';
import type { Shape } from '../tensor/shape.js';

export interface ModuleCall {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
}

/** A graph, and which module did what in it. */
export interface RecordedGraph {
  readonly graph: Graph;
  callsOf(module: Module): readonly ModuleCall[];
  /** What the module asks for itself, not through others: a residual block's sum. */
  nodesOf(module: Module): readonly GraphNode[];
}

/**
 * Traces a network and keeps each module's calls. The nodes alone do not tell: a Dropout makes none, and a module that is
 * used under two names has one in the graph.
 *
 * @throws ShapeError when a layer does not take what reaches it.
 */
export function recordGraph(module: Module, inputShape: Shape): RecordedGraph {
  checkShape('inputShape', inputShape);
  const recorder = new Recorder(inputShape, namesOf(module));
  const graph = recorder.finish(recorder.call(module, recorder.input));
  return {
    graph,
    callsOf: (m) => recorder.calls.filter(({ callee }) => callee === m),
    nodesOf: (m) => graph.nodes.filter(({ id }) => recorder.callers.get(id) === m),
  };
}

class Recorder extends GraphBuilder {
  readonly calls: (ModuleCall & { readonly callee: Traceable })[] = [];
  /** The module that asked for each node. */
  readonly callers = new Map<number, Traceable | null>();
  #current: Traceable | null = null;

  override call(module: Traceable, x: Value): Value {
    const outer = this.#current;
    this.#current = module;
    const y = super.call(module, x);
    this.#current = outer;
    this.calls.push({ callee: module, inputShape: x.shape, outputShape: y.shape });
    return y;
  }

  override apply<A, N extends OperandNames>(
    operator: Operator<A, N>,
    operands: OperandsOf<N, Value>,
    attributes: A,
  ): Value {
    const y = super.apply(operator, operands, attributes);
    this.callers.set(y.id, this.#current);
    return y;
  }
}
