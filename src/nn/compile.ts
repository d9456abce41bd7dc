import type { EngineOptions, Program } from '../engine/engine.js';
import { selectEngine } from '../engine/engines.js';
import { GraphBuilder, type Traceable } from '../graph/builder.js';
import type { Graph } from '../graph/graph.js';
import type { Shape } from '../tensor/shape.js';
import type { Module } from './module.js';

export interface CompileModuleOptions extends EngineOptions {
  /** `[N, C, H, W]` or `[C, H, W]`. */
  readonly inputShape: Shape;
}

/**
 * The network as data, for one input shape.
 * @throws ShapeError when a layer does not take what reaches it.
 */
export function traceGraph(module: Module, inputShape: Shape): Graph {
  const names = new Map<Traceable, string>();
  for (const [name, child] of module.namedModules()) names.set(child, name);
  const g = new GraphBuilder(inputShape, names);
  return g.finish(g.call(module, g.input));
}

/**
 * Prepares a module for one input shape. Weights are read now: load them first.
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
 * @throws CycleganError for an unknown engine, or one that cannot run here.
 */
export async function warmUp(options: EngineOptions = {}): Promise<void> {
  (await selectEngine(options.engine)).warmUp?.(options);
}
