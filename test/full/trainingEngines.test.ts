// Training on every engine: the same as on the reference, for any number of threads, and to the bit after it was resumed.
import { describe, expect, it } from 'vitest';
import { NLayerDiscriminator } from '../../src/discriminator/nLayerDiscriminator.js';
import type { EngineName } from '../../src/engine/engine.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { BatchNorm2d } from '../../src/nn/batchNorm2d.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { Dropout } from '../../src/nn/dropout.js';
import { Flatten } from '../../src/nn/flatten.js';
import { initWeights } from '../../src/nn/initWeights.js';
import { LeakyReLU } from '../../src/nn/leakyRelu.js';
import { Linear } from '../../src/nn/linear.js';
import { manualSeed } from '../../src/nn/random.js';
import { Sequential } from '../../src/nn/sequential.js';
import { CycleGanModel } from '../../src/train/cycleGan/cycleGanModel.js';
import { bceWithLogitsLoss } from '../../src/train/losses/bceWithLogitsLoss.js';
import { Adam } from '../../src/train/optim/adam.js';
import type { Optimizer } from '../../src/train/optim/optimizer.js';
import { parametersOf } from '../../src/train/optim/optimizer.js';
import { SGD } from '../../src/train/optim/sgd.js';
import { Trainer } from '../../src/train/trainer.js';
import { maxAbsDifference } from '../support/closeness.js';
import { filled } from '../support/familyCases.js';

const SIDE = 24;
const STEPS = 3;

interface ModelOptions {
  readonly threads: number;
  readonly lr?: number;
  readonly norm?: 'batch' | 'instance';
  readonly batchSize?: number;
}

function model({ threads, lr = 2e-4, norm = 'instance', batchSize = 1 }: ModelOptions) {
  manualSeed(2);
  const netG = () => new ResNetGenerator(3, 3, 4, 1, { dropout: true, norm });
  const netD = () => new NLayerDiscriminator(3, 4, 2, { norm });
  const networks = { netGA: netG(), netGB: netG(), netDA: netD(), netDB: netD() };
  for (const network of Object.values(networks)) initWeights(network);
  const sides = { height: SIDE, width: SIDE };
  return CycleGanModel.create({ ...networks, ...sides, batchSize, engine: 'wasm', threads, lr });
}

async function iterate(of: CycleGanModel, step: number, batchSize = 1) {
  const shape = [batchSize, 3, SIDE, SIDE];
  const [realA, realB] = [2 * step, 2 * step + 1].map((n) => filled(shape, n, -1, 1));
  const { losses, fakeA, fakeB } = await of.optimizeGenerators(realA, realB);
  return { ...losses, ...(await of.optimizeDiscriminators({ realA, realB, fakeA, fakeB })) };
}

describe.each([
  { norm: 'instance', batchSize: 1 },
  { norm: 'instance', batchSize: 2 },
  { norm: 'batch', batchSize: 1 },
  { norm: 'batch', batchSize: 3 },
] as const)('a CycleGAN of norm $norm and batches of $batchSize on wasm', (options) => {
  const { batchSize } = options;

  it('leaves nothing to the reference', async () => {
    const one = await model({ threads: 1, ...options });
    expect(one.fallbacks).toEqual([]);
    one.dispose();
  });

  it('has the same losses and weights for any number of threads', async () => {
    const models: CycleGanModel[] = [];
    for (const threads of [1, 2, 3]) models.push(await model({ threads, ...options }));
    for (let step = 0; step < STEPS; step++) {
      const losses = [];
      for (const one of models) losses.push(await iterate(one, step, batchSize));
      expect(losses[1]).toEqual(losses[0]);
      expect(losses[2]).toEqual(losses[0]);
    }
    const [first, second] = models.map((one) => one.stateDicts());
    expect(second).toEqual(first);
    for (const one of models) one.dispose();
  });
});

describe('a CycleGAN on wasm', () => {
  it('goes on from what was saved, which later steps do not change', async () => {
    const one = await model({ threads: 2 });
    await iterate(one, 0);
    const [weights, state] = [one.stateDicts(), one.optimizerState()];
    const before = [...(weights.G_A.get('model.1.weight')?.data ?? [])];
    const moment = [...(state.G.state[0].exp_avg?.data ?? [])];
    const expected = [await iterate(one, 1), await iterate(one, 2)];
    expect([...(weights.G_A.get('model.1.weight')?.data ?? [])]).toEqual(before);
    expect([...(state.G.state[0].exp_avg?.data ?? [])]).toEqual(moment);
    const resumed = await model({ threads: 2, lr: 1 });
    await resumed.loadStateDicts(weights);
    await resumed.loadOptimizerState(state);
    expect([await iterate(resumed, 1), await iterate(resumed, 2)]).toEqual(expected);
    expect(resumed.stateDicts()).toEqual(one.stateDicts());
    expect(resumed.optimizerState()).toEqual(one.optimizerState());
    one.dispose();
    resumed.dispose();
  });
});

describe('a batch', () => {
  const BATCH = 3;
  const OPTIMIZERS: readonly (readonly [string, (net: Sequential) => Optimizer])[] = [
    ['Adam', (net) => new Adam(parametersOf(net), { weightDecay: 0.1, amsgrad: true })],
    ['SGD', (net) => new SGD(parametersOf(net), { lr: 0.1, momentum: 0.9, nesterov: true })],
  ];

  it.each(OPTIMIZERS)('is trained on wasm as on the reference, by %s', async (_, make) => {
    const run = async (engine: EngineName) => {
      manualSeed(4);
      const net = new Sequential(
        new Conv2d(2, 6, 3, { padding: 1, stride: 2 }),
        new BatchNorm2d(6),
        new LeakyReLU(0.2),
        new Dropout(0.5),
        new Flatten(),
        new Linear(6 * 16, 1),
      );
      const trainer = await Trainer.create({
        modules: net,
        inputs: { x: [BATCH, 2, 8, 8], label: [BATCH, 1] },
        loss: (g, { x, label }) => bceWithLogitsLoss(g, g.call(net, x), label),
        optimizer: make(net),
        seed: 7,
        engine,
        threads: 2,
      });
      if (engine === 'wasm') expect(trainer.fallbacks).toEqual([]);
      const losses: number[] = [];
      for (let step = 0; step < STEPS; step++) {
        const x = filled([BATCH, 2, 8, 8], step, -1, 1);
        const label = filled([BATCH, 1], 50 + step, 0, 1);
        losses.push((await trainer.step({ x, label })).loss);
      }
      trainer.pull();
      trainer.dispose();
      return { losses, weights: net.stateDict() };
    };
    const [js, wasm] = [await run('js'), await run('wasm')];
    expect(maxAbsDifference(wasm.losses, js.losses)).toBeLessThan(1e-5);
    for (const [key, { data }] of js.weights) {
      // The bias in front of a norm has no gradient but rounding.
      if (key === '0.bias') continue;
      const found = wasm.weights.get(key)?.data ?? [];
      expect(maxAbsDifference(found, data), key).toBeLessThan(1e-4);
    }
  });
});
