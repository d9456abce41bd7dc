import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.js';
import { ResNetBlock } from '../../src/generator/layers/resNetBlock.js';
import { inferConfig } from '../../src/generator/resnet/inferConfig.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { StateDictError } from '../../src/nn/loadStateDict.js';
import { manualSeed } from '../../src/nn/random.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { add } from '../../src/tensor/add.js';
import { conv2d } from '../../src/tensor/conv2d.js';
import { instanceNorm2d } from '../../src/tensor/instanceNorm2d.js';
import { pad } from '../../src/tensor/pad.js';
import { relu } from '../../src/tensor/relu.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectAborted } from '../support/aborted.js';
import { expectClose } from '../support/closeness.js';
import { tensorAt } from '../support/fixtures.js';
import { golden, goldenNumbers, goldenPath } from '../support/golden.js';

describe.each(golden.generators.map((g) => [g.name, g] as const))('generator %s', (_, g) => {
  const { input_nc, output_nc, ngf, n_blocks } = g.config;
  const build = () => new ResNetGenerator(input_nc, output_nc, ngf, n_blocks).eval();

  it('has the keys and shapes of PyTorch, in order', () => {
    const shapes = [...build().stateDict()].map(([key, { shape }]) => [key, shape]);
    expect(shapes).toEqual(Object.entries(g.keys));
  });

  it('prints as in PyTorch', () => {
    expect(build().toString()).toBe(g.printed);
  });

  it.each(['legacy', 'zip'] as const)('gives the output with the %s weights', async (container) => {
    const netG = build();
    netG.loadStateDict(await loadStateDict(goldenPath(g.files[container])));
    const output = await netG.forward(tensorAt(goldenNumbers, g.input));
    expectClose(output, tensorAt(goldenNumbers, g.output), { absolute: 1e-5 });
  });

  it('is rebuilt from its state dict alone', async () => {
    const stateDict = await loadStateDict(goldenPath(g.files.zip));
    expect(inferConfig(stateDict)).toMatchObject({ ngf, nBlocks: n_blocks });
    const output = await ResNetGenerator.fromStateDict(stateDict).forward(
      tensorAt(goldenNumbers, g.input),
    );
    expectClose(output, tensorAt(goldenNumbers, g.output), { absolute: 1e-5 });
  });
});

describe('the default generator', () => {
  it('has 48 keys and 11,378,179 parameters', () => {
    const stateDict = new ResNetGenerator().stateDict();
    const keys = [...stateDict.keys()];
    expect(keys.length).toBe(48);
    expect([keys[0], keys.at(-1)]).toEqual(['model.1.weight', 'model.26.bias']);
    expect([...stateDict.values()].reduce((sum, { size }) => sum + size, 0)).toBe(11_378_179);
  });

  it.each([
    [[0, 3, 64, 9], /inputNc.*0/],
    [[3, 3, 64, -1], /nBlocks.*-1/],
    [[3, 3, 1.5, 9], /ngf.*1\.5/],
  ])('refuses %s', (args, message) => {
    const build = () => new ResNetGenerator(...args);
    expect(build).toThrow(ShapeError);
    expect(build).toThrow(message);
  });
});

describe('fromStateDict', () => {
  const tiny = () => {
    manualSeed(7);
    return new ResNetGenerator(3, 3, 2, 2).stateDict();
  };

  it('takes off a prefix and unused statistics, and says so', () => {
    const wrapped = new Map([...tiny()].map(([key, tensor]) => [`module.${key}`, tensor]));
    wrapped.set('module.model.2.running_mean', Tensor.zeros([2]));
    wrapped.set('module.model.2.running_var', Tensor.zeros([2]));
    const notes: string[] = [];
    const netG = ResNetGenerator.fromStateDict(wrapped, (note) => notes.push(note));
    expect(netG.stateDict()).toEqual(tiny2(wrapped));
    expect(notes).toEqual([
      expect.stringMatching(/prefix "module\."/),
      expect.stringMatching(/2 running statistics/),
    ]);
  });

  const configs = (['instance', 'instanceAffine', 'batch'] as const)
    .flatMap((norm) =>
      [true, false].flatMap((dropout) => [true, false].map((bias) => ({ norm, dropout, bias }))),
    )
    // Without biases, keys are those of a generator without norms.
    .map((options) =>
      options.norm === 'instance' && !options.bias
        ? { ...options, norm: 'none' as const }
        : options,
    );

  it.each(configs)(
    'reads $norm norm, dropout ($dropout) and bias ($bias) off the keys',
    (options) => {
      const source = new ResNetGenerator(2, 1, 3, 2, options);
      const rebuilt = ResNetGenerator.fromStateDict(source.stateDict());
      const counts = { inputNc: 2, outputNc: 1, ngf: 3, nBlocks: 2 };
      expect(rebuilt.config).toEqual({ ...counts, ...options, paddingType: 'reflect' });
      expect(rebuilt.stateDict()).toEqual(source.stateDict());
    },
  );

  it('knows blocks with dropout as PyTorch shifts their keys', () => {
    const source = new ResNetGenerator(3, 3, 2, 2, { dropout: true });
    expect([...source.stateDict().keys()]).toContain('model.10.conv_block.6.weight');
  });

  it('knows a generator whose inner model was saved alone', () => {
    const bare = new Map([...tiny()].map(([key, tensor]) => [key.slice('model.'.length), tensor]));
    const notes: string[] = [];
    const netG = ResNetGenerator.fromStateDict(bare, (note) => notes.push(note));
    expect(netG.config).toEqual(new ResNetGenerator(3, 3, 2, 2).config);
    expect(notes).toEqual([expect.stringMatching(/prefix "model\." to \d+ keys/)]);
  });

  it('finds the one generator in the state dict of a whole training module', () => {
    const whole = new Map([...tiny()].map(([key, tensor]) => [`netG.${key}`, tensor]));
    whole.set('netD.model.0.weight', Tensor.zeros([2, 3, 4, 4]));
    const notes: string[] = [];
    const netG = ResNetGenerator.fromStateDict(whole, (note) => notes.push(note));
    expect(netG.stateDict()).toEqual(tiny());
    expect(notes).toContain('Left out 1 tensors that stand beside it ("netD").');
    expect(inferConfig(whole)).toEqual({ ...netG.config, prefix: 'netG.' });

    const two = new Map(
      ['netG_A', 'netG_B'].flatMap((name) =>
        [...tiny()].map(([key, tensor]) => [`${name}.${key}`, tensor]),
      ),
    );
    expect(() => ResNetGenerator.fromStateDict(two)).toThrow(
      /--key \("netG_A": A → B, "netG_B": B → A\)/,
    );
  });

  // Keys and kernels as the networks of the CycleGAN authors and of torchvision have them.
  it.each([
    [
      /PatchGAN discriminator/,
      {
        'model.0.weight': [64, 3, 4, 4],
        'model.2.weight': [128, 64, 4, 4],
        'model.11.weight': [1, 512, 4, 4],
      },
    ],
    [/pixel discriminator/, { 'net.0.weight': [64, 3, 1, 1], 'net.5.weight': [1, 128, 1, 1] }],
    [/classifier/, { 'conv1.weight': [64, 3, 7, 7], 'fc.weight': [1000, 512] }],
    [/classifier/, { 'features.0.weight': [64, 3, 3, 3], 'classifier.6.weight': [1000, 4096] }],
    [
      /resizing/,
      {
        'model.1.weight': [64, 3, 7, 7],
        'model.4.weight': [128, 64, 3, 3],
        'model.10.conv_block.1.weight': [256, 256, 3, 3],
        'model.20.weight': [128, 256, 3, 3],
      },
    ],
    [/2 keys, from "a\.weight", "b\.weight" on/, { 'a.weight': [2, 2], 'b.weight': [2] }],
  ])('refuses what is no generator, and says what it looks like: %s', (text, shapes) => {
    const other = new Map(Object.entries(shapes).map(([key, shape]) => [key, Tensor.zeros(shape)]));
    expect(() => ResNetGenerator.fromStateDict(other)).toThrow(StateDictError);
    expect(() => ResNetGenerator.fromStateDict(other)).toThrow(text);
  });

  function tiny2(wrapped: Map<string, Tensor>): Map<string, Tensor> {
    const kept = [...wrapped].filter(([key]) => !key.includes('running'));
    return new Map(kept.map(([key, tensor]) => [key.slice('module.'.length), tensor]));
  }
});

describe('forward', () => {
  it('takes unbatched pictures and empty batches', async () => {
    const netG = new ResNetGenerator(1, 2, 2, 1).eval();
    expect((await netG.forward(Tensor.zeros([1, 6, 9]))).shape).toEqual([2, 8, 12]);
    expect((await netG.forward(Tensor.zeros([0, 1, 6, 9]))).shape).toEqual([0, 2, 8, 12]);
  });

  it('notices weights that were loaded after the first call', async () => {
    manualSeed(1);
    const [a, b] = [new ResNetGenerator(1, 1, 2, 1), new ResNetGenerator(1, 1, 2, 1)];
    const x = new Tensor(
      Float32Array.from({ length: 36 }, (_, i) => Math.sin(i)),
      [1, 1, 6, 6],
    );
    const before = await a.forward(x);
    a.loadStateDict(b.stateDict());
    const after = await a.forward(x);
    expect(after.data).not.toEqual(before.data);
    expect(after.data).toEqual((await b.forward(x)).data);
  });

  it('reports each layer, and stops when it is told to', async () => {
    const netG = new ResNetGenerator(1, 1, 1, 1);
    const x = Tensor.zeros([1, 1, 8, 8]);
    const seen: string[] = [];
    await netG.forward(x, { onProgress: ({ node }) => seen.push(`${node.name} ${node.op}`) });
    expect(seen[0]).toBe('model.0 reflectionPad2d');
    expect(seen).toContain('model.10.conv_block.1 conv2d');
    expect(seen).toContain('model.10 add');
    const controller = new AbortController();
    const stopped = netG.forward(x, {
      signal: controller.signal,
      onProgress: ({ done }) => done === 3 && controller.abort(),
    });
    await expectAborted(stopped, controller.signal);
  });

  it('gives results that nobody else holds, in the order of the calls', async () => {
    const program = await new ResNetGenerator(1, 1, 1, 0).program([1, 1, 4, 5]);
    const inputs = [0, 1, 2].map((v) => Tensor.full([1, 1, 4, 5], v));
    inputs[1].data[5] = 7;
    const together = await Promise.all(inputs.map((x) => program.run(x)));
    for (const [i, x] of inputs.entries()) {
      expect((await program.run(x)).data).toEqual(together[i].data);
    }
    expect(new Set(together.map(({ data }) => data.buffer)).size).toBe(3);
    program.dispose();
    await expect(program.run(inputs[0])).rejects.toThrow(/disposed/);
  });
});

describe('padding in residual blocks', () => {
  it('repeats the edges where it is replicate', async () => {
    const block = new ResNetBlock(2, { paddingType: 'replicate' });
    const weights = block.stateDict();
    const of = (index: number) => ({
      weight: weights.get(`conv_block.${index}.weight`) as Tensor,
      bias: weights.get(`conv_block.${index}.bias`) as Tensor,
    });
    const x = new Tensor(
      Float32Array.from({ length: 40 }, (_, i) => Math.sin(i)),
      [1, 2, 4, 5],
    );
    const convolution = (input: Tensor, { weight, bias }: ReturnType<typeof of>) =>
      instanceNorm2d(conv2d(pad(input, 1, { mode: 'replicate' }), weight, bias));
    const expected = add(x, convolution(relu(convolution(x, of(1))), of(5)));
    expectClose(await block.forward(x), expected, { absolute: 1e-5 });
  });

  it('must be one that there is', () => {
    const build = (paddingType: string) =>
      new ResNetGenerator(3, 3, 2, 1, { paddingType: paddingType as 'zero' });
    expect(() => build('circular')).toThrow('reflect, replicate or zero, but got "circular"');
    expect(build('replicate').inputRange).toEqual([-1, 1]);
    expect(build('reflect').inputRange).toEqual([0, 1]);
  });
});
