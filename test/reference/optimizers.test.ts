// What optimisers save, PyTorch's take, and go on from as ours do; what PyTorch's save, ours take.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { mul, total } from '../../src/autograd/arithmetic.js';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { Module } from '../../src/nn/module.js';
import { Parameter } from '../../src/nn/parameter.js';
import { type CheckpointValue, loadCheckpoint } from '../../src/pth/loadCheckpoint.js';
import { saveCheckpoint } from '../../src/pth/write/saveCheckpoint.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { Adam } from '../../src/train/optim/adam.js';
import type { Optimizer } from '../../src/train/optim/optimizer.js';
import { SGD } from '../../src/train/optim/sgd.js';
import { Trainer } from '../../src/train/trainer.js';
import { temporaryFolder } from '../support/command.js';
import { filled } from '../support/familyCases.js';

const SHAPE = [2, 3];
/** Steps before the state is saved, and after. */
const BEFORE = 3;
const AFTER = 3;

const folder = temporaryFolder();
afterAll(folder.remove);

/** A parameter whose gradient is the input. */
class Weight extends Module {
  readonly p = this.registerParameter('p', Parameter.filled(SHAPE, 0.5));

  override trace(g: GraphBuilder, x: Value): Value {
    return total(g, mul(g, g.parameter(this.p), x));
  }
}

const gradient = (step: number) => filled(SHAPE, step, -1, 1);

function goOnInPython(request: object): number[][] {
  const python = process.env.PYTHON ?? 'python3';
  const script = join(import.meta.dirname, 'optimizer_steps.py');
  const input = `${JSON.stringify(request)}\n`;
  return JSON.parse(execFileSync(python, [script], { input, encoding: 'utf8' }));
}

const OPTIMIZERS: readonly (readonly [string, string, (p: Parameter[]) => Optimizer])[] = [
  ['Adam', 'Adam', (p) => new Adam(p, { lr: 0.1, betas: [0.5, 0.999] })],
  ['AMSGrad', 'Adam', (p) => new Adam(p, { amsgrad: true, weightDecay: 0.1, eps: 1e-3 })],
  ['SGD', 'SGD', (p) => new SGD(p, { lr: 0.1 })],
  ['momentum', 'SGD', (p) => new SGD(p, { lr: 0.1, momentum: 0.9, dampening: 0.1 })],
];

describe.each(OPTIMIZERS)('%s', (name, optimizerName, make) => {
  it('goes on in PyTorch, and back', async () => {
    const net = new Weight();
    const optimizer = make([net.p]);
    const trainer = await Trainer.create({
      modules: net,
      inputs: { x: SHAPE },
      loss: (g, { x }) => g.call(net, x),
      optimizer,
      engine: 'js',
    });
    for (let step = 0; step < BEFORE; step++) await trainer.step({ x: gradient(step) });
    trainer.pull();
    const file = join(folder.path, `${name}.pth`);
    const to = join(folder.path, `${name} of torch.pth`);
    await saveCheckpoint({ parameter: net.p.tensor, optimizer: optimizer.stateDict() }, file);
    const steps = Array.from({ length: AFTER }, (_, i) => BEFORE + i);
    const gradients = steps.map((step) => [...gradient(step).data]);
    const inTorch = goOnInPython({ file, to, optimizer: optimizerName, gradients });
    for (const [i, step] of steps.entries()) {
      await trainer.step({ x: gradient(step) });
      trainer.pull();
      for (const [j, value] of inTorch[i].entries()) {
        expect(net.p.tensor.data[j]).toBeCloseTo(value, 6);
      }
    }
    const saved = (await loadCheckpoint(to)) as ReadonlyMap<string, CheckpointValue>;
    const back = make([net.p]);
    back.loadStateDict(saved.get('optimizer'));
    const [own, others] = [optimizer.stateDict(), back.stateDict()];
    expect(others.param_groups).toEqual(own.param_groups);
    for (const [slot, tensor] of Object.entries(own.state[0])) {
      const other: Tensor | null = others.state[0][slot];
      expect(other === null).toBe(tensor === null);
      for (const [j, value] of tensor?.data.entries() ?? []) {
        expect(other?.data[j]).toBeCloseTo(value, 6);
      }
    }
  });
});
