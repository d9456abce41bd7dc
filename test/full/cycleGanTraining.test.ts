// The losses of small CycleGANs are PyTorch's: in the first iteration to 1e-4, in the first three to 1 %, and over fifty in the
// mean to 3 %, and no further off than three times what PyTorch's own float32 is from its float64.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineName } from '../../src/engine/engine.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import type { CycleGanModel } from '../../src/train/cycleGan/cycleGanModel.js';
import {
  type CycleCase,
  cycleCases,
  expectFirstLosses,
  iterate,
  type LossRows,
  modelOf,
} from '../support/trainingCases.js';

/** Relative to a loss. */
const THIRD = 0.01;
const MEAN = 0.03;
const TIMES_TORCH = 3;
/** Relative to the sum of the magnitudes of a tensor. */
const WEIGHTS = 1e-4;
/** Iterations after which weights are still those of float64. */
const FEW = 3;

/** Programs of many parts take long to prepare. */
const TIMEOUT = 300_000;

const engines: readonly EngineName[] = ['js', 'wasm'];
const runs = cycleCases.flatMap((one) =>
  engines.map((engine) => [one.config.name, engine, one] as const),
);

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** How far the mean of each loss is from that in float64, relative to it. */
function distances(rows: LossRows, { double }: CycleCase): Map<string, number> {
  const names = Object.keys(double).filter((name) => mean(double[name]) > 0);
  return new Map(names.map((name) => [name, Math.abs(mean(rows[name]) / mean(double[name]) - 1)]));
}

describe.each(runs)('%s on %s', (_, engine, one) => {
  const { double, single, sums, config } = one;
  const rows: Record<string, number[]> = {};
  let model: CycleGanModel;

  beforeAll(async () => {
    model = await modelOf(one, engine);
    for (let step = 0; step < config.steps; step++) {
      for (const [name, loss] of Object.entries(await iterate(model, one, step))) {
        (rows[name] ??= []).push(loss);
      }
    }
  }, TIMEOUT);

  afterAll(() => model?.dispose());

  it("has PyTorch's losses", () => {
    expectFirstLosses(one, Object.fromEntries(Object.entries(rows).map(([k, [v]]) => [k, v])));
    for (const [name, losses] of Object.entries(rows)) {
      for (const [step, expected] of double[name].slice(0, 3).entries()) {
        expect(Math.abs(losses[step] - expected), name).toBeLessThanOrEqual(THIRD * expected);
      }
    }
  });

  it.skipIf(config.steps <= FEW)("has PyTorch's mean losses in the long run", () => {
    const torch = distances(single, one);
    const usual = mean([...torch.values()]);
    for (const [name, distance] of distances(rows, one)) {
      expect(distance, name).toBeLessThan(MEAN);
      // Of a loss that float32 happens to hit, what it does with others counts.
      expect(distance, name).toBeLessThan(TIMES_TORCH * Math.max(torch.get(name) ?? 0, usual));
    }
  });

  // In front of norms, gradients of biases are 0 but for rounding, which Adam makes steps of.
  it.skipIf(config.steps > FEW)("has PyTorch's weights", () => {
    const stateDicts = Object.entries(model.stateDicts()) as [
      keyof typeof sums,
      Map<string, Tensor>,
    ][];
    for (const [network, stateDict] of stateDicts) {
      for (const [key, { data }] of stateDict) {
        if (key.endsWith('bias')) continue;
        const sum = data.reduce((total, value) => total + Math.abs(value), 0);
        const error = Math.abs(sum - sums[network][key]);
        expect(error, `${network}, ${key}`).toBeLessThanOrEqual(WEIGHTS * sum);
      }
    }
  });
});
