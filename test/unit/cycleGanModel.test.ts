import { describe, expect, it } from 'vitest';
import { NLayerDiscriminator } from '../../src/discriminator/nLayerDiscriminator.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { Dropout } from '../../src/nn/dropout.js';
import type { Module } from '../../src/nn/module.js';
import { manualSeed } from '../../src/nn/random.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Tanh } from '../../src/nn/tanh.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { CycleGanModel } from '../../src/train/cycleGan/cycleGanModel.js';
import type { CycleGanOptions } from '../../src/train/cycleGan/options.js';
import { filled } from '../support/familyCases.js';
import { cycleCases, expectFirstLosses, iterate, modelOf } from '../support/trainingCases.js';

const picture = (number: number, batch = 1) => filled([batch, 3, 12, 10], number, -1, 1);

/** A model of networks that are small, drawn by `manualSeed(3)`. */
function smallModel(
  options: Partial<CycleGanOptions> = {},
  layers: () => readonly Module[] = () => [],
): Promise<CycleGanModel> {
  manualSeed(3);
  const netG = () =>
    new Sequential(
      new Conv2d(3, 4, 3, { padding: 1 }),
      ...layers(),
      new Conv2d(4, 3, 3, { padding: 1 }),
      new Tanh(),
    );
  const netD = () => new NLayerDiscriminator(3, 2, 1, { norm: 'instance' });
  const networks = { netGA: netG(), netGB: netG(), netDA: netD(), netDB: netD() };
  return CycleGanModel.create({ ...networks, height: 12, width: 10, engine: 'js', ...options });
}

/** An iteration on the pictures of a step. */
async function step(model: CycleGanModel, number: number) {
  const [realA, realB] = [picture(2 * number), picture(2 * number + 1)];
  const { losses, fakeA, fakeB } = await model.optimizeGenerators(realA, realB);
  return { ...losses, ...(await model.optimizeDiscriminators({ realA, realB, fakeA, fakeB })) };
}

describe('an iteration', () => {
  const one = cycleCases.find(({ config }) => config.name === 'vanilla');

  it("from PyTorch's weights gives PyTorch's losses", async () => {
    if (one === undefined) throw new Error('the case is gone');
    const model = await modelOf(one, 'js');
    expectFirstLosses(one, await iterate(model, one, 0));
    model.dispose();
  });

  it('of a batch has the mean of the losses of its pictures', async () => {
    const single = await smallModel();
    const double = await smallModel({ batchSize: 2 });
    const [a, b] = [picture(1, 2), picture(2, 2)];
    const pair = await double.optimizeGenerators(a, b);
    const pairD = await double.optimizeDiscriminators({ realA: a, realB: b, fakeA: b, fakeB: a });
    const other = await smallModel();
    const half = (batch: Tensor, n: number) => batch.data.slice(n * 360, (n + 1) * 360);
    const tensor = (batch: Tensor, n: number) => new Tensor(half(batch, n), [1, 3, 12, 10]);
    const runs = [];
    for (const [n, model] of [single, other].entries()) {
      const [realA, realB] = [tensor(a, n), tensor(b, n)];
      const { losses, fakeB } = await model.optimizeGenerators(realA, realB);
      expect([...half(pair.fakeB, n)]).toEqual([...fakeB.data]);
      const inputs = { realA, realB, fakeA: realB, fakeB: realA };
      runs.push({ ...losses, ...(await model.optimizeDiscriminators(inputs)) });
    }
    for (const [name, loss] of Object.entries({ ...pair.losses, ...pairD })) {
      const mean = (runs[0][name as 'G_A'] + runs[1][name as 'G_A']) / 2;
      expect(loss).toBeCloseTo(mean, 5);
    }
  });

  it('gives pictures that belong together', async () => {
    const model = await smallModel();
    const { G_A, G_B } = model.stateDicts();
    const run = async (weights: typeof G_A, x: Tensor) => {
      const net = new Sequential(
        new Conv2d(3, 4, 3, { padding: 1 }),
        new Conv2d(4, 3, 3, { padding: 1 }),
        new Tanh(),
      );
      net.loadStateDict(weights);
      return net.forward(x, { engine: 'js' });
    };
    const [a, b] = [picture(1), picture(2)];
    const made = await model.optimizeGenerators(a, b);
    expect(made.fakeB).toEqual(await run(G_A, a));
    expect(made.recA).toEqual(await run(G_B, made.fakeB));
    expect(made.fakeA).toEqual(await run(G_B, b));
    expect(made.recB).toEqual(await run(G_A, made.fakeA));
    expect(made.idtA).toEqual(await run(G_A, b));
    expect(made.idtB).toEqual(await run(G_B, a));
  });
});

describe('a model', () => {
  it('goes on from what was saved, to the bit', async () => {
    const model = await smallModel();
    await step(model, 0);
    await step(model, 1);
    const [weights, state] = [model.stateDicts(), model.optimizerState()];
    const expected = [await step(model, 2), await step(model, 3)];
    const resumed = await smallModel({ lr: 1 });
    await resumed.loadStateDicts(weights);
    await resumed.loadOptimizerState(state);
    expect(resumed.learningRate).toBe(2e-4);
    expect([await step(resumed, 2), await step(resumed, 3)]).toEqual(expected);
    expect(resumed.stateDicts()).toEqual(model.stateDicts());
    expect(resumed.optimizerState()).toEqual(model.optimizerState());
  });

  it('does not change what was saved', async () => {
    const model = await smallModel();
    await step(model, 0);
    const weights = model.stateDicts();
    const key = '0.weight';
    const before = weights.G_A.get(key)?.data.slice();
    await step(model, 1);
    expect(weights.G_A.get(key)?.data).toEqual(before);
    expect(model.stateDicts().G_A.get(key)?.data).not.toEqual(before);
  });

  it('takes another learning rate from the next step on', async () => {
    const model = await smallModel();
    await step(model, 0);
    const before = model.stateDicts();
    model.setLearningRate(0);
    await step(model, 1);
    expect(model.stateDicts()).toEqual(before);
  });

  it('drops the same with the same seed', async () => {
    const dropout = () => [new Dropout(0.5)];
    const first = await step(await smallModel({}, dropout), 0);
    expect(await step(await smallModel({}, dropout), 0)).toEqual(first);
    expect(await step(await smallModel({ seed: 8 }, dropout), 0)).not.toEqual(first);
  });

  it('numbers the parameters of its optimisers as PyTorch does', async () => {
    const { G, D } = (await smallModel()).optimizerState();
    expect(G.param_groups[0].params).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(D.param_groups[0]).toMatchObject({ lr: 2e-4, betas: [0.5, 0.999] });
    expect(G.state).toEqual({});
  });
});

describe('what a model refuses', () => {
  it('pictures of another shape', async () => {
    const model = await smallModel();
    const other = filled([1, 3, 10, 12], 1, -1, 1);
    await expect(model.optimizeGenerators(picture(1), other)).rejects.toThrow(
      /realB of shape \[1, 3, 12, 10\], but got \[1, 3, 10, 12\]/,
    );
  });

  it.each([{ batchSize: 0 }, { height: 1.5 }])('%j', async (options) => {
    await expect(smallModel(options)).rejects.toThrow(/whole number from 1 up/);
  });

  it('a step after it was disposed of', async () => {
    const model = await smallModel();
    model.dispose();
    await expect(step(model, 0)).rejects.toThrow(/disposed/);
  });

  it('an aborted step, which changes nothing', async () => {
    const model = await smallModel();
    const before = model.stateDicts();
    const signal = AbortSignal.abort();
    await expect(model.optimizeGenerators(picture(1), picture(2), { signal })).rejects.toThrow(
      /aborted/,
    );
    expect(model.stateDicts()).toEqual(before);
    expect(model.optimizerState().G.state).toEqual({});
  });
});
