// The generators of every family can be trained: steps of Adam bring what they make nearer to what they should.
import { expect, it } from 'vitest';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { Dropout } from '../../src/nn/dropout.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { mseLoss } from '../../src/train/losses/mseLoss.js';
import { Adam } from '../../src/train/optim/adam.js';
import { parametersOf } from '../../src/train/optim/optimizer.js';
import { Trainer } from '../../src/train/trainer.js';
import { familyCases, filled, runsOf, stateDictOf } from '../support/familyCases.js';

const STEPS = 3;
const TARGET = 0.25;

it.each(familyCases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
  const file = encodeStateDict(stateDictOf(one), 'net.pth');
  const { module } = await openGenerator(file, one.options);
  module.train();
  // What is dropped would make losses go up and down.
  for (const [, layer] of module.namedModules()) if (layer instanceof Dropout) layer.eval();
  // Two pictures, since norms of a batch have no variance of a single pixel.
  const [run] = runsOf(one);
  const input = filled([2, ...run.input.shape.slice(1)], 7, one.low, one.high);
  const trainer = await Trainer.create({
    modules: module,
    inputs: { input: input.shape },
    loss: (g, values) => mseLoss(g, g.call(module, values.input), TARGET),
    optimizer: new Adam(parametersOf(module), { lr: 1e-4 }),
    engine: 'js',
  });
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    losses.push((await trainer.step({ input }, { blocking: true })).loss);
  }
  expect(losses[STEPS - 1]).toBeLessThan(losses[0]);
  trainer.dispose();
});
