import type { EngineName, KernelTime, Peak, Precision, Program } from '../engine/engine.js';
import { measurePeak } from '../engine/engines.js';
import { operandShapes } from '../graph/graph.js';
import { traceGraph } from '../nn/compile.js';
import type { ForwardOptions, Module } from '../nn/module.js';
import { median } from '../platform/median.js';
import { sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { summarize } from './summary.js';

/** How long a module takes for one input shape on so many threads; times in milliseconds. */
export interface BenchFigure {
  /** `[N, C, H, W]`. */
  readonly inputShape: readonly number[];
  readonly threads: number;
  /** Machine code and weights are made ready. */
  readonly prepare: number;
  readonly first: number;
  /** Of the runs after the first. */
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** 10⁹ operations per second, two for each multiply-add of the layers' definitions. */
  readonly gflops: number;
  /** Of engines that can time each layer by itself, as those on GPUs; else empty. */
  readonly layers: readonly BenchLayer[];
}

/** What a layer takes by itself, with all that is done along with it. */
export interface BenchLayer {
  readonly name: string;
  readonly op: string;
  /** Kernels that it is done with. */
  readonly kernels: number;
  readonly milliseconds: number;
  /** 10⁹ operations per second, by the layer's definition. */
  readonly gflops: number;
}

export interface BenchResult {
  /** How the last program ran. */
  readonly engine: readonly string[];
  /** One for each number of threads, where the engine has one. */
  readonly peaks: readonly Peak[];
  readonly figures: readonly BenchFigure[];
}

export interface BenchOptions {
  readonly inputShapes: readonly (readonly number[])[];
  readonly threads: readonly number[];
  /** Runs that count, after a first one. */
  readonly runs: number;
  /** Which engine, and which of its ways of making code. Default: the fastest. */
  readonly engine?: EngineName;
  readonly variant?: string;
  /** How values lie between layers. Default: `f32`. */
  readonly precision?: Precision;
  /** Called before something is measured. */
  readonly onProgress?: (what: string) => void;
}

/** Measures a module on an engine, which may set V8's flags: the process should be the caller's own. */
export async function bench(module: Module, options: BenchOptions): Promise<BenchResult> {
  const { inputShapes, threads: counts, engine: name, variant, precision } = options;
  const onProgress = options.onProgress ?? (() => undefined);
  const peaks: Peak[] = [];
  const figures: BenchFigure[] = [];
  let engine: readonly string[] = [];
  for (const threads of counts) {
    const engineOptions = {
      ...{ threads, engine: name, variant, precision },
      ...{ blocking: true, allowV8Flags: true },
    };
    onProgress(`peak, threads: ${threads}`);
    const peak = await measurePeak(engineOptions);
    if (peak !== null) peaks.push(peak);
    for (const inputShape of inputShapes) {
      onProgress(`[${inputShape.join(', ')}], threads: ${threads}`);
      const begin = performance.now();
      const program = await module.program(inputShape, engineOptions);
      const prepare = performance.now() - begin;
      engine = [program.engine, ...program.details];
      const times = await timeRuns(module, inputShape, engineOptions, options.runs + 1);
      const [first, ...rest] = times;
      const middle = median(rest);
      const { multiplyAdds } = summarize(module, inputShape).totals;
      figures.push({
        inputShape,
        threads,
        prepare,
        first,
        median: middle,
        least: Math.min(...rest),
        most: Math.max(...rest),
        gflops: (2 * multiplyAdds) / middle / 1e6,
        layers: await timeLayers(module, program),
      });
      module.dispose();
    }
  }
  return { engine, peaks, figures };
}

/** By kernels' times, the least of a few runs each. */
async function timeLayers(module: Module, program: Program): Promise<BenchLayer[]> {
  const graph = traceGraph(module, program.inputShape);
  const work = new Map(
    graph.nodes.map((node) => {
      const { operator, attributes, name } = node;
      return [name, operator.multiplyAdds?.(operandShapes(graph, node), attributes) ?? 0] as const;
    }),
  );
  const runs = [await timeKernels(program), await timeKernels(program), await timeKernels(program)];
  const layers = new Map<string, { op: string; kernels: number; milliseconds: number }>();
  for (const [i, { node }] of runs[0].entries()) {
    const { name, op } = node ?? { name: 'other', op: 'copies' };
    const layer = layers.get(name) ?? { op, kernels: 0, milliseconds: 0 };
    layer.kernels++;
    layer.milliseconds += Math.min(...runs.map((run) => run[i].milliseconds));
    layers.set(name, layer);
  }
  return [...layers].map(([name, layer]) => ({
    name,
    ...layer,
    gflops: layer.milliseconds > 0 ? (2 * (work.get(name) ?? 0)) / layer.milliseconds / 1e6 : 0,
  }));
}

async function timeKernels(program: Program): Promise<KernelTime[]> {
  const times: KernelTime[] = [];
  await program.run(randomInput(program.inputShape), { onKernel: (time) => times.push(time) });
  return times;
}

function randomInput(shape: readonly number[]): Tensor {
  return new Tensor(new Float32Array(sizeOf(shape)).map(Math.random), shape);
}

async function timeRuns(
  module: Module,
  shape: readonly number[],
  options: ForwardOptions,
  runs: number,
): Promise<number[]> {
  const input = randomInput(shape);
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const begin = performance.now();
    await module.forward(input, options);
    times.push(performance.now() - begin);
  }
  return times;
}
