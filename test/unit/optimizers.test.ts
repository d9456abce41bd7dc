import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { mul } from '../../src/autograd/arithmetic.js';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { Module } from '../../src/nn/module.js';
import { Parameter } from '../../src/nn/parameter.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { mseLoss } from '../../src/train/losses/mseLoss.js';
import { Adam } from '../../src/train/optim/adam.js';
import { LambdaLR } from '../../src/train/optim/lambdaLR.js';
import { type Optimizer, parametersOf } from '../../src/train/optim/optimizer.js';
import type { OptimizerStateDict } from '../../src/train/optim/optimizerState.js';
import { SGD } from '../../src/train/optim/sgd.js';
import { Trainer } from '../../src/train/trainer.js';
import { filled } from '../support/familyCases.js';
import { goldenPath } from '../support/golden.js';

/** Some steps on mean((p · x − y)²) in PyTorch: made by `test/golden/make_training.py`. */
interface Trajectory {
  readonly name: string;
  readonly optimizer: 'Adam' | 'SGD';
  readonly options: Readonly<Record<string, number | boolean | [number, number]>>;
  readonly scale: number;
  readonly schedule: readonly [] | readonly [flat: number, decay: number];
  /** The learning rate of each step, and the parameter after it. */
  readonly rates: readonly number[];
  readonly parameters: readonly (readonly number[])[];
  readonly stateDict: StoredState;
}

interface StoredState {
  readonly state: Readonly<Record<string, Readonly<Record<string, StoredTensor | null>>>>;
  readonly param_groups: readonly [Readonly<Record<string, unknown>>];
}

interface StoredTensor {
  readonly shape: readonly number[];
  readonly elements: readonly number[];
}

const trajectories: readonly Trajectory[] = JSON.parse(
  readFileSync(join(goldenPath('training'), 'optimizers.json'), 'utf8'),
);

const SHAPE = [2, 3];

/** A parameter, by which its input is multiplied. */
class Scale extends Module {
  readonly p = this.registerParameter('p', Parameter.filled(SHAPE, 0));

  override trace(g: GraphBuilder, x: Value): Value {
    return mul(g, g.parameter(this.p), x);
  }
}

function optimizerOf({ optimizer, options }: Trajectory, net: Module): Optimizer {
  const { weight_decay: weightDecay = 0, ...rest } = options;
  const parameters = parametersOf(net);
  return optimizer === 'Adam'
    ? new Adam(parameters, { ...rest, weightDecay: Number(weightDecay) })
    : new SGD(parameters, { lr: 0, ...rest, weightDecay: Number(weightDecay) });
}

function scheduleOf({ schedule }: Trajectory, optimizer: Optimizer): LambdaLR | null {
  if (schedule.length === 0) return null;
  const [flat, decay] = schedule;
  return new LambdaLR(optimizer, (epoch) => 1 - Math.max(0, epoch + 1 - flat) / (decay + 1));
}

function trainerOf(net: Scale, optimizer: Optimizer) {
  return Trainer.create({
    modules: net,
    inputs: { x: SHAPE, y: SHAPE },
    loss: (g, { x, y }) => mseLoss(g, g.call(net, x), y),
    optimizer,
    engine: 'js',
  });
}

const inputsOf = ({ scale }: Trajectory, step: number) => ({
  x: filled(SHAPE, 100 + step, -scale, scale),
  y: filled(SHAPE, 200 + step, -scale, scale),
});

/** As PyTorch's, to float32. */
function expectNear(found: ArrayLike<number>, expected: readonly number[]): void {
  const largest = Math.max(...expected.map(Math.abs));
  for (const [i, value] of expected.entries()) {
    expect(Math.abs(found[i] - value)).toBeLessThan(2e-6 * Math.max(largest, Number.MIN_VALUE));
  }
}

function netOf(): Scale {
  const net = new Scale();
  net.loadStateDict(new Map([['p', filled(SHAPE, 0, -1, 1)]]));
  return net;
}

describe.each(trajectories.map((one) => [one.name, one] as const))('%s', (_, one) => {
  let net: Scale;
  let optimizer: Optimizer;
  let schedule: LambdaLR | null;

  beforeEach(() => {
    net = netOf();
    optimizer = optimizerOf(one, net);
    schedule = scheduleOf(one, optimizer);
  });

  async function run(trainer: Trainer<'x' | 'y'>, from: number, to: number) {
    for (let step = from; step < to; step++) {
      expect(optimizer.lr).toBeCloseTo(one.rates[step], 12);
      await trainer.step(inputsOf(one, step));
      schedule?.step();
      trainer.pull();
      expectNear(net.p.tensor.data, one.parameters[step]);
    }
  }

  it("goes as PyTorch's, and keeps the same", async () => {
    const trainer = await trainerOf(net, optimizer);
    await run(trainer, 0, one.rates.length);
    const { state, param_groups: groups } = optimizer.stateDict();
    const { state: expected, param_groups: expectedGroups } = one.stateDict;
    expect(Object.keys(state)).toEqual(Object.keys(expected));
    expect(Object.keys(state[0])).toEqual(Object.keys(expected[0]));
    for (const [name, tensor] of Object.entries(expected[0])) {
      expect(state[0][name]?.shape).toEqual(tensor?.shape);
      if (tensor !== null) expectNear(state[0][name]?.data as Float32Array, tensor.elements);
    }
    const { lr, ...group } = groups[0];
    const { lr: expectedLr, ...expectedGroup } = expectedGroups[0];
    expect(group).toEqual(expectedGroup);
    expect(lr).toBeCloseTo(expectedLr as number, 12);
  });

  it('goes on from a saved state as if it had not stopped', async () => {
    const half = one.rates.length >> 1;
    const trainer = await trainerOf(net, optimizer);
    await run(trainer, 0, half);
    const [saved, weights, epoch] = [optimizer.stateDict(), net.stateDict(), schedule?.stateDict()];
    net = new Scale();
    net.loadStateDict(weights);
    optimizer = optimizerOf({ ...one, options: { lr: 3 } }, net);
    if (one.optimizer === 'SGD' && one.options.momentum === undefined) {
      // Without momentum there is nothing to go on from.
      expect(saved.state[0].momentum_buffer).toBeNull();
    }
    schedule = scheduleOf(one, optimizer);
    if (epoch !== undefined) schedule?.loadStateDict(epoch);
    optimizer.loadStateDict(saved);
    await run(await trainerOf(net, optimizer), half, one.rates.length);
  });
});

describe('a state that does not fit', () => {
  const adam = () => new Adam(parametersOf(netOf()));
  const tensor = () => Tensor.zeros(SHAPE);
  const good = () => ({
    step: new Tensor(Float32Array.of(3), []),
    exp_avg: tensor(),
    exp_avg_sq: tensor(),
  });
  const group = { lr: 0.1, params: [0] };
  const state = (state: unknown, groups: unknown = [group]) =>
    ({ state, param_groups: groups }) as OptimizerStateDict;

  it('is one that does, if nothing is wrong', () => {
    const optimizer = adam();
    optimizer.loadStateDict(state({ 0: good() }));
    expect([optimizer.steps, optimizer.lr]).toEqual([3, 0.1]);
    optimizer.loadStateDict(
      state(new Map([[0, new Map<string, unknown>(Object.entries({ ...good(), step: 4 }))]])),
    );
    expect(optimizer.steps).toBe(4);
  });

  it.each([
    ['has several groups', state({}, [group, group]), /one entry in "param_groups"/],
    ['is none', undefined, /one entry in "param_groups"/],
    ['is of more parameters', state({}, [{ lr: 0.1, params: [0, 1] }]), /of 2 parameters.*has 1/],
    [
      'has a tensor of another shape',
      state({ 0: { ...good(), exp_avg: Tensor.zeros([6]) } }),
      /"exp_avg" of parameter 0.*\[2, 3\].*\[6\]/,
    ],
    ['lacks a tensor', state({ 0: { step: 3, exp_avg: tensor() } }), /"exp_avg_sq" of parameter 0/],
    ['counts no steps', state({ 0: { ...good(), step: -1 } }), /"step" is a whole number/],
    ['has no learning rate', state({}, [{ params: [0] }]), /"lr" is a number/],
    ['has betas that are none', state({}, [{ ...group, betas: 3 }]), /"betas"/],
    ['has betas out of range', state({}, [{ ...group, betas: [0.5, 1] }]), /betas are two numbers/],
    ['is of AdamW', state({}, [{ ...group, decoupled_weight_decay: true }]), /AdamW/],
  ])('%s', (_, saved, message) => {
    const optimizer = adam();
    const before = optimizer.stateDict();
    const made = new Adam(optimizer.parameters);
    expect(() => made.loadStateDict(saved as OptimizerStateDict)).toThrow(message);
    expect(made.stateDict()).toEqual(before);
  });

  it('has other hyperparameters than a program was made of', async () => {
    const net = netOf();
    const optimizer = new Adam(parametersOf(net));
    await trainerOf(net, optimizer);
    expect(() => optimizer.loadStateDict(state({}, [{ ...group, eps: 0.5 }]))).toThrow(
      /eps is 0.5 there and 1e-8 here/,
    );
  });
});

describe('options', () => {
  it.each([
    [{ lr: -1 }, /learning rate/],
    [{ lr: Number.NaN }, /learning rate/],
    [{ betas: [1, 0.9] as const }, /betas/],
    [{ eps: -1e-8 }, /eps/],
    [{ weightDecay: -1 }, /weight decay/],
  ])('of Adam that are out of range: %j', (options, message) => {
    expect(() => new Adam(parametersOf(netOf()), options)).toThrow(message);
  });

  it.each([
    [{ lr: 1, momentum: -1 }, /momentum/],
    [{ lr: 1, nesterov: true }, /nesterov/],
    [{ lr: 1, nesterov: true, momentum: 0.5, dampening: 0.1 }, /nesterov/],
    [{ lr: 1, weightDecay: -1 }, /weight decay/],
  ])('of SGD that are out of range: %j', (options, message) => {
    expect(() => new SGD(parametersOf(netOf()), options)).toThrow(message);
  });

  it('are refused without parameters', () => {
    expect(() => new Adam([])).toThrow(/needs parameters/);
  });
});
