import type { EngineName, Peak } from '../engine/engine.js';
import { measurePeak } from '../engine/engines.js';
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
  /** Called before something is measured. */
  readonly onProgress?: (what: string) => void;
}

/** Measures a module on an engine, which may set V8's flags: the process should be the caller's own. */
export async function bench(module: Module, options: BenchOptions): Promise<BenchResult> {
  const { inputShapes, threads: counts, engine: name, variant } = options;
  const onProgress = options.onProgress ?? (() => undefined);
  const peaks: Peak[] = [];
  const figures: BenchFigure[] = [];
  let engine: readonly string[] = [];
  for (const threads of counts) {
    const engineOptions = { threads, engine: name, variant, blocking: true, allowV8Flags: true };
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
      });
      module.dispose();
    }
  }
  return { engine, peaks, figures };
}

async function timeRuns(
  module: Module,
  shape: readonly number[],
  options: ForwardOptions,
  runs: number,
): Promise<number[]> {
  const input = new Tensor(new Float32Array(sizeOf(shape)).map(Math.random), shape);
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const begin = performance.now();
    await module.forward(input, options);
    times.push(performance.now() - begin);
  }
  return times;
}
