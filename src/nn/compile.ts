import type { EngineOptions, Program } from '../engine/engine.js';
import { checkMemory, checkScratch, compileByEngine, selectEngine } from '../engine/engines.js';
import { ShapeError } from '../errors.js';
import {
  GraphBuilder,
  type GraphNames,
  type ParameterSource,
  type Traceable,
} from '../graph/builder.js';
import type { Graph } from '../graph/graph.js';
import { withoutUnread } from '../graph/withoutUnread.js';
import { checkOptions, checkShape } from '../tensor/callerValues.js';
import { describeValue } from '../tensor/describeValue.js';
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
  checkShape('inputShape', inputShape);
  const names = namesOf(module);
  const g = new GraphBuilder(inputShape, names);
  const output = g.call(module, g.input);
  // What no operator reads belongs to the state dict all the same: programs take it, and give it back.
  for (const parameter of names.parameters.keys()) g.parameter(parameter);
  return withoutUnread(g.finish(output));
}

/**
 * What a module and all below it, and their parameters, are called in a graph.
 *
 * ```ts
 * const net = new Sequential(new Conv2d(3, 8, 3), new ReLU());
 * const g = new GraphBuilder([1, 3, 8, 8], namesOf(net));
 * g.finish(g.call(net, g.input)).parameters.map(({ key }) => key); // ['0.weight', '0.bias']
 * ```
 */
export function namesOf(module: Module): GraphNames {
  checkModule(module);
  const modules = new Map<Traceable, string>();
  for (const [name, child] of module.namedModules()) modules.set(child, name);
  const parameters = new Map<ParameterSource, string[]>();
  for (const [key, parameter] of module.namedState()) {
    parameters.set(parameter, [...(parameters.get(parameter) ?? []), key]);
  }
  return { modules, parameters, buffers: new Set(module.namedBuffers().values()) };
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
 * With `memory`, a program keeps to so many bytes, at the price of a few hundredths of its time, and gives the same bits:
 *
 * ```ts
 * const net = new Sequential(new Conv2d(3, 8, 3), new InstanceNorm2d(8), new Conv2d(8, 3, 3));
 * const program = await compile(net, { inputShape: [1, 3, 512, 64], memory: 64e6 });
 * program.memoryBytes <= 64e6; // true
 * program.dispose();
 * ```
 *
 * With `scratch` besides, what does not fit lies in a file, so that any size fits:
 *
 * ```ts no-run
 * const program = await compile(netG, { inputShape: [1, 3, 4000, 6000], memory: 600e6, scratch: '/var/tmp' });
 * ```
 *
 * @throws ShapeError when a layer does not take what reaches it; CycleganError for an unknown engine; MemoryError when `memory` is less
 * than the least, which its message tells; FileError when it cannot be kept to without a scratch file that cannot be had, `ERR_SCRATCH` when
 * its disk is full, or the browser has no room for it, or the caller is no worker. Without `memory`, more of it is taken then, with a notice.
 */
export async function compile(module: Module, options: CompileModuleOptions): Promise<Program> {
  checkOptions('compile', options);
  return compileGraph(traceGraph(module, options.inputShape), options);
}

/**
 * Prepares a graph that was built or traced: of several inputs and outputs, or of gradients. Weights are read now; a run takes
 * the graph's inputs in their order.
 *
 * ```ts
 * const g = new GraphBuilder();
 * const [a, b] = [g.addInput([2], 'a'), g.addInput([2], 'b')];
 * const graph = valueAndGrad(g.finish(mseLoss(g, a, b)), { by: [a.id] });
 * const program = await compileGraph(graph);
 * const inputs = [new Tensor(Float32Array.of(1, 5), [2]), new Tensor(Float32Array.of(1, 2), [2])];
 * const [loss, gradient] = await program.runAll(inputs);
 * loss.data; // [4.5]
 * gradient.data; // [0, 3]
 * program.dispose();
 * ```
 *
 * @throws ShapeError for what is no graph; CycleganError for an unknown engine, or one that cannot run here.
 */
export async function compileGraph(graph: Graph, options: EngineOptions = {}): Promise<Program> {
  checkOptions('compileGraph', options);
  // Not every caller has a compiler that checks.
  if (!Array.isArray(Object(graph).values)) {
    throw new ShapeError(`compileGraph takes a Graph, but got ${describeValue(graph)}.`);
  }
  checkMemory(options.memory);
  checkScratch(options.scratch);
  return compileByEngine(graph, options);
}

/**
 * The least `memory` with which `compile` would take a module, in bytes; `null` where the engine plans none.
 * @throws ShapeError and CycleganError as `compile`.
 */
export async function leastMemory(
  module: Module,
  options: CompileModuleOptions,
): Promise<number | null> {
  const engine = await selectEngine(options.engine);
  return (await engine.leastMemory?.(traceGraph(module, options.inputShape), options)) ?? null;
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
  checkOptions('warmUp', options);
  (await selectEngine(options.engine)).warmUp?.(options);
}

/**
 * Not every caller has a compiler that checks.
 * @throws ShapeError for what is no module.
 */
export function checkModule(module: unknown): void {
  // The class itself imports this file.
  const { namedModules }: { namedModules?: unknown } = Object(module);
  if (typeof namedModules === 'function') return;
  throw new ShapeError(`What is run is a Module, but got ${describeValue(module)}.`);
}
