import type { EngineOptions, Program } from '../engine/engine.js';
import { selectEngine } from '../engine/engines.js';
import {
  GraphBuilder,
  type GraphNames,
  type ParameterSource,
  type Traceable,
} from '../graph/builder.js';
import type { Graph } from '../graph/graph.js';
import type { Shape } from '../tensor/shape.js';
import type { Module } from './module.js';

export interface CompileModuleOptions extends EngineOptions {
  /** `[N, C, H, W]` or `[C, H, W]`. */
  readonly inputShape: Shape;
}

/**
 * The network as data, for one input shape.
 *
 * ```ts
 * const graph = traceGraph(new Sequential(new Conv2d(3, 8, 3), new ReLU()), [1, 3, 8, 8]);
 * graph.nodes.map(({ op }) => op); // ['conv2d', 'relu']
 * graph.parameters.map(({ key }) => key); // ['0.weight', '0.bias']
 * ```
 *
 * @throws ShapeError when a layer does not take what reaches it.
 */
export function traceGraph(module: Module, inputShape: Shape): Graph {
  const names = namesOf(module);
  const g = new GraphBuilder(inputShape, names);
  const output = g.call(module, g.input);
  // What no operator reads belongs to the state dict all the same: programs take it, and give it back.
  for (const parameter of names.parameters.keys()) g.parameter(parameter);
  return g.finish(output);
}

/** What a module and all below it, and their parameters, are called in a graph. */
export function namesOf(module: Module): GraphNames {
  const modules = new Map<Traceable, string>();
  for (const [name, child] of module.namedModules()) modules.set(child, name);
  const parameters = new Map<ParameterSource, string[]>();
  for (const [key, parameter] of module.namedState()) {
    parameters.set(parameter, [...(parameters.get(parameter) ?? []), key]);
  }
  return { modules, parameters };
}

/**
 * Prepares a module for one input shape. Weights are read now: load them first.
 *
 * ```ts
 * const program = await compile(new ReLU(), { inputShape: [1, 3, 8, 8] });
 * (await program.run(Tensor.full([1, 3, 8, 8], -1))).data[0]; // 0
 * program.dispose();
 * ```
 *
 * @throws ShapeError when a layer does not take what reaches it; CycleganError for an unknown engine.
 */
export async function compile(module: Module, options: CompileModuleOptions): Promise<Program> {
  const graph = traceGraph(module, options.inputShape);
  const engine = await selectEngine(options.engine);
  return engine.compile(graph, options);
}

/**
 * Starts what an engine takes time to start, such as threads, while the caller still reads weights and
 * pictures. Options are those of the calls to come.
 *
 * ```ts
 * await warmUp({ threads: 2 });
 * const conv = new Conv2d(3, 8, 3);
 * (await conv.forward(Tensor.zeros([1, 3, 8, 8]), { threads: 2 })).shape; // [1, 8, 6, 6]
 * ```
 *
 * @throws CycleganError for an unknown engine, or one that cannot run here.
 */
export async function warmUp(options: EngineOptions = {}): Promise<void> {
  (await selectEngine(options.engine)).warmUp?.(options);
}
