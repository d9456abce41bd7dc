import { describe, expect, it } from 'vitest';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compile } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { manualSeed } from '../../src/nn/random.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { engines } from '../support/engines.js';
import { moduleOf } from '../support/modules.js';

const SHAPE = [1, 3, 24, 28];
const input = new Tensor(
  Float32Array.from({ length: 3 * 24 * 28 }, (_, i) => Math.sin(i * i * 0.37)),
  SHAPE,
);

function generator(seed: number, norm: 'instance' | 'batch' = 'instance'): ResNetGenerator {
  manualSeed(seed);
  return new ResNetGenerator(3, 3, 8, 2, { norm }).eval();
}

describe.each(engines)('updateParameters on $name', ({ options }) => {
  it.each(['instance', 'batch'] as const)(
    'gives the bits of a program that is compiled anew: %s',
    async (norm) => {
      const [before, after] = [generator(1, norm), generator(2, norm)];
      const program = await compile(before, { ...options, inputShape: SHAPE });
      const old = await program.run(input);
      await program.updateParameters(after.stateDict());
      expect((await program.run(input)).data).toEqual((await after.forward(input, options)).data);
      await program.updateParameters(before.stateDict());
      expect((await program.run(input)).data).toEqual(old.data);
      program.dispose();
      after.dispose();
    },
  );

  it('packs what is read in another shape', async () => {
    const mul = moduleOf('Mul', { parameter: [1, 3], view: [1, 3, 1, 1] });
    const program = await compile(mul, { ...options, inputShape: SHAPE });
    await program.run(input);
    const weight = new Tensor(Float32Array.of(2, 3, -1), [1, 3]);
    await program.updateParameters(new Map([['weight', weight]]));
    const expected = input.data.map((value, i) => value * weight.data[Math.floor(i / (24 * 28))]);
    expect((await program.run(input)).data).toEqual(expected);
    expect(program.fallbacks).toEqual([]);
    program.dispose();
  });

  it('takes some of them, and runs that were called before have the old ones', async () => {
    const [before, after] = [generator(1), generator(2)];
    const program = await compile(before, { ...options, inputShape: SHAPE });
    const key = 'model.4.weight';
    const weight = after.stateDict().get(key) as Tensor;
    const [old, , fresh] = await Promise.all([
      program.run(input),
      program.updateParameters(new Map([[key, weight]])),
      program.run(input),
    ]);
    expect(old.data).toEqual((await before.forward(input, options)).data);
    before.loadStateDict(new Map([...before.stateDict(), [key, weight]]));
    expect(fresh.data).toEqual((await before.forward(input, options)).data);
    expect(program.parameters().get(key)).toBe(weight);
    program.dispose();
    before.dispose();
  });

  it('refuses a key or a shape that the program does not have, and changes nothing', async () => {
    const netG = generator(1);
    const program = await compile(netG, { ...options, inputShape: SHAPE });
    const other = generator(2).stateDict();
    const wrong = [
      ['model.99.weight', Tensor.zeros([1]), /no parameter "model.99.weight"/],
      ['model.1.bias', Tensor.zeros([4]), /"model.1.bias" has shape \[8\].*got \[4\]/],
    ] as const;
    for (const [key, tensor, message] of wrong) {
      expect(() => program.updateParameters(new Map([...other, [key, tensor]]))).toThrow(message);
    }
    expect((await program.run(input)).data).toEqual((await netG.forward(input, options)).data);
    program.dispose();
    netG.dispose();
  });
});

describe('a module that runs', () => {
  it('keeps its program when weights are loaded anew', async () => {
    const [netG, other] = [generator(1), generator(2)];
    const programs = new Set<unknown>();
    const onProgram = (program: unknown) => programs.add(program);
    await netG.forward(input, { threads: 2, onProgram });
    netG.loadStateDict(other.stateDict());
    const found = await netG.forward(input, { threads: 2, onProgram });
    expect(found.data).toEqual((await other.forward(input, { threads: 2 })).data);
    expect(programs.size).toBe(1);
    for (const module of [netG, other]) module.dispose();
  });

  it.each(['js', 'wasm'] as const)(
    'notices elements that are written in place: %s',
    async (engine) => {
      const conv = new Conv2d(1, 1, 1, { bias: false });
      const weight = new Tensor(Float32Array.of(2), [1, 1, 1, 1]);
      conv.loadStateDict(new Map([['weight', weight]]));
      const x = Tensor.full([1, 1, 4, 4], 3);
      expect((await conv.forward(x, { engine })).data[0]).toBe(6);
      const [[, own]] = conv.namedParameters();
      own.data[0] = 5;
      expect((await conv.forward(x, { engine })).data[0]).toBe(15);
      own.data[0] = -1;
      expect((await conv.forward(x, { engine })).data[0]).toBe(-3);
      // The tensor that was loaded is the caller's, as in PyTorch.
      weight.data[0] = 7;
      expect((await conv.forward(x, { engine })).data[0]).toBe(-3);
      conv.dispose();
    },
  );

  it('calls in turns keep the weights that they were called with', async () => {
    const [netG, a, b] = [generator(1), generator(2), generator(3)];
    const outputs: Promise<Tensor>[] = [];
    for (const { stateDict } of [a, b, a, b].map((g) => ({ stateDict: g.stateDict() }))) {
      netG.loadStateDict(stateDict);
      outputs.push(netG.forward(input, { threads: 2 }));
    }
    const [first, second] = [
      await a.forward(input, { threads: 2 }),
      await b.forward(input, { threads: 2 }),
    ];
    for (const [i, output] of (await Promise.all(outputs)).entries()) {
      expect(output.data).toEqual((i % 2 === 0 ? first : second).data);
    }
    for (const module of [netG, a, b]) module.dispose();
  });
});

it('weights that nobody has asked for are not looked at in each call', async () => {
  const netG = generator(1);
  netG.loadStateDict(generator(2).stateDict());
  await netG.forward(input, { engine: 'wasm' });
  expect([...netG.stateDict().values()].every(({ isDeferred }) => isDeferred)).toBe(true);
  netG.dispose();
});
