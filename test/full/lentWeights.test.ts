import { describe, expect, it } from 'vitest';
import { Conv2d, mseLoss, parametersOf, SGD, Tensor, Trainer } from '../../src/index.js';

const SHAPE = [1, 1, 4, 4] as const;
const x = Tensor.full(SHAPE, 1);
const target = Tensor.full(SHAPE, 0);
const key = 'weight';

/** A scale `w` whose square is made small at a rate of 1/4: d(w²)/dw is 2w, so each step halves it. */
async function halving(engine: 'js' | 'wasm') {
  const net = new Conv2d(1, 1, 1, { bias: false });
  net.loadStateDict(new Map([[key, Tensor.full([1, 1, 1, 1], 8)]]));
  const optimizer = new SGD(parametersOf(net), { lr: 0.25 });
  const creating = Trainer.create({
    modules: net,
    inputs: { x: SHAPE, target: SHAPE },
    loss: (g, inputs) => mseLoss(g, g.call(net, inputs.x), inputs.target),
    optimizer,
    engine,
    threads: 1,
  });
  return { net, creating };
}

function weightOf(net: Conv2d): number | undefined {
  return net.stateDict().get(key)?.data[0];
}

function take(net: Conv2d, weight: number): void {
  net.loadStateDict(new Map([[key, Tensor.full([1, 1, 1, 1], weight)]]));
}

describe.each(['js', 'wasm'] as const)('weights that a trainer has: %s', (engine) => {
  it('are those of the module, after each step', async () => {
    const { net, creating } = await halving(engine);
    const trainer = await creating;
    expect(weightOf(net)).toBe(8);
    await trainer.step({ x, target });
    expect(weightOf(net)).toBe(4);
    expect((await net.forward(x, { engine })).data[0]).toBe(4);
    await trainer.step({ x, target });
    expect(weightOf(net)).toBe(2);
    expect((await net.forward(x, { engine })).data[0]).toBe(2);
    trainer.dispose();
    expect(weightOf(net)).toBe(2);
    expect((await net.forward(x, { engine })).data[0]).toBe(2);
    net.dispose();
  });

  it('stay as they were in what was taken of them before', async () => {
    const { net, creating } = await halving(engine);
    const trainer = await creating;
    const before = net.stateDict().get(key) as Tensor;
    const written = net.stateDict().get(key) as Tensor;
    written.data[0] = 100;
    await trainer.step({ x, target });
    expect(before.data[0]).toBe(8);
    expect(weightOf(net)).toBe(4);
    trainer.dispose();
  });

  it('that are loaded into the module count once they are pushed, or are given up', async () => {
    const { net, creating } = await halving(engine);
    const trainer = await creating;
    take(net, 32);
    await trainer.step({ x, target });
    expect(weightOf(net)).toBe(32);
    trainer.pull();
    expect(weightOf(net)).toBe(4);
    take(net, 32);
    await trainer.push();
    await trainer.step({ x, target });
    expect(weightOf(net)).toBe(16);
    take(net, 3);
    trainer.dispose();
    expect(weightOf(net)).toBe(3);
  });

  it('that are written in place count once they are pushed, too, as clipped ones', async () => {
    const { net, creating } = await halving(engine);
    const trainer = await creating;
    await trainer.step({ x, target });
    for (const [, { data }] of net.namedParameters()) data.fill(3);
    expect(weightOf(net)).toBe(3);
    expect((await net.forward(x, { engine })).data[0]).toBe(3);
    await trainer.push();
    expect((await trainer.step({ x, target })).loss).toBe(9);
    expect(weightOf(net)).toBe(1.5);
    for (const [, { data }] of net.namedParameters()) data.fill(3);
    trainer.pull();
    expect(weightOf(net)).toBe(1.5);
    trainer.dispose();
  });

  it("that were taken before a step are nobody else's", async () => {
    const { net, creating } = await halving(engine);
    const trainer = await creating;
    const before = net.stateDict().get(key) as Tensor;
    await trainer.step({ x, target });
    before.data[0] = 100;
    expect(weightOf(net)).toBe(4);
    await trainer.push();
    await trainer.step({ x, target });
    expect(weightOf(net)).toBe(2);
    trainer.dispose();
  });

  it('that are loaded while it is prepared are not in it, and not lost', async () => {
    const { net, creating } = await halving(engine);
    take(net, 32);
    const trainer = await creating;
    const { loss } = await trainer.step({ x, target });
    expect(loss).toBe(64);
    expect(weightOf(net)).toBe(32);
    await trainer.push();
    expect((await trainer.step({ x, target })).loss).toBe(1024);
    trainer.dispose();
  });
});
