import type { EngineOptions } from '../../src/engine/engine.js';
import { compile } from '../../src/nn/compile.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { moduleOf, type TorchParams } from './modules.js';

/** An operator to run, with its weights by state-dict key. */
export interface OperatorTask {
  readonly op: string;
  readonly params: TorchParams;
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly input: Tensor;
}

/** Runs an operator by an engine. */
export type OperatorRunner = (
  task: OperatorTask,
  options: EngineOptions,
) => Promise<{ readonly output: Tensor; readonly fallbacks: readonly string[] }>;

/** Runs an operator where this is called. */
export const runOperator: OperatorRunner = async ({ op, params, weights, input }, options) => {
  const module = moduleOf(op, params);
  module.loadStateDict(weights);
  const program = await compile(module, { ...options, inputShape: input.shape });
  const output = await program.run(input);
  const { fallbacks } = program;
  program.dispose();
  return { output, fallbacks };
};
