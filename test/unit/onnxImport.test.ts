import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exportOnnx } from '../../src/export/onnx/exportOnnx.js';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { compile, traceGraph } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { GroupNorm } from '../../src/nn/groupNorm.js';
import type { Module } from '../../src/nn/module.js';
import { PReLU } from '../../src/nn/prelu.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Tanh } from '../../src/nn/tanh.js';
import { openWeights } from '../../src/pth/weightFile.js';
import { sizeOf } from '../../src/tensor/shape.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { maxAbsDifference } from '../support/closeness.js';
import { temporaryFolder } from '../support/command.js';
import { goldenBytes, goldenPath } from '../support/golden.js';
import { onnxCases, onnxInput, onnxOutput } from '../support/onnxCases.js';
import { onnxFile } from '../support/onnxFile.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const bytesOf = (file: string) => goldenBytes(`onnxModels/${file}`);

describe('an ONNX model of another exporter', () => {
  it.each(onnxCases)('$file computes what PyTorch computes', async (model) => {
    const generator = await openGenerator(goldenPath(`onnxModels/${model.file}`));
    expect(generator.family.name).toBe('onnx');
    // Faster to begin than machine code; test/reference has that.
    const made = await generator.module.forward(onnxInput(model), { engine: 'js' });
    expect(made.shape).toEqual(model.shape);
    const scale = model.bytes === true ? 255 : 1;
    expect(maxAbsDifference(made.data, onnxOutput(model)) / scale).toBeLessThan(1e-5);
  });

  it.each(onnxCases.filter(({ range }) => range !== undefined))(
    '$file makes pictures of the range that its last nodes tell',
    async ({ file, range }) => {
      const { outputRange, inputRange } = await openGenerator(goldenPath(`onnxModels/${file}`));
      expect(outputRange).toEqual(range);
      expect(inputRange).toEqual(range);
    },
  );

  it('of PyTorch, made by torch.onnx.export(…, dynamo=True), is such a one', async () => {
    for (const name of ['torch_dynamo_resnet.onnx', 'torch_dynamo_unet.onnx']) {
      const { onnx, tensors } = await openWeights(goldenPath(`onnxModels/${name}`));
      expect(onnx?.producer).toMatch(/^pytorch 2\./);
      expect(onnx?.opset).toBeGreaterThanOrEqual(18);
      expect([...tensors.keys()]).toContain(name.includes('unet') ? 'gate.weight' : 'up.0.weight');
    }
  });

  it('has its weights under the names that it has them under', async () => {
    const { tensors } = await openWeights(bytesOf('torch_resnet_16.onnx'));
    expect([...tensors.keys()]).toEqual(
      expect.arrayContaining(['head.1.bias', 'down.0.weight', 'up.0.weight', 'tail.1.bias']),
    );
    const { module } = await openGenerator(bytesOf('torch_resnet_16.onnx'));
    expect([...module.stateDict().keys()]).toEqual([...tensors.keys()]);
  });

  it('notices weights that are loaded anew, also those that are computed with first', async () => {
    const file = bytesOf('tf2onnx_11.onnx');
    const { module } = await openGenerator(file);
    const x = onnxInput(onnxCases.find((one) => one.file === 'tf2onnx_11.onnx') as never);
    const before = await module.forward(x, { engine: 'js' });
    const state = module.stateDict();
    const bias = state.get('conv/bias') as Tensor;
    module.loadStateDict(new Map([...state, ['conv/bias', bias.mul(2)]]));
    const after = await module.forward(x, { engine: 'js' });
    expect(maxAbsDifference(before.data, after.data)).toBeGreaterThan(1e-3);
  });

  it('takes pictures of other sizes, where the model does', async () => {
    const { module, sizeRule } = await openGenerator(bytesOf('torch_resnet_11.onnx'));
    expect(sizeRule).toEqual({ multipleOf: 1, roundsUpTo: 2 });
    const program = await compile(module, { inputShape: [2, 3, 15, 8], engine: 'js' });
    expect((await program.run(Tensor.zeros([2, 3, 15, 8]))).shape).toEqual([2, 3, 16, 8]);
    program.dispose();
  });
});

describe('what metadata say of pictures', () => {
  const metadata = {
    'Image.BitmapPixelFormat': 'Bgr8',
    'Image.NominalPixelRange': 'NominalRange_0_255',
  };

  it('is heeded, unless callers say otherwise', async () => {
    const file = onnxFile({ metadata });
    const { channelOrder, inputRange, outputRange, notes } = await openGenerator(file);
    expect([channelOrder, inputRange, outputRange]).toEqual(['bgr', [0, 255], [0, 255]]);
    expect(notes).toEqual([]);
    const asked = await openGenerator(file, { channelOrder: 'rgb', inputRange: [0, 1] });
    expect([asked.channelOrder, asked.inputRange, asked.outputRange]).toEqual([
      'rgb',
      [0, 1],
      [0, 1],
    ]);
  });

  it('is missing in most files, which get a note where nothing else tells', async () => {
    const { notes } = await openGenerator(onnxFile({}));
    expect(notes).toEqual([expect.stringContaining('--input-range')]);
  });
});

describe('weights beside the model', () => {
  const model = 'external_16.onnx';
  const data = 'external_16.data';

  it('are read from its own folder alone', async () => {
    await expect(openWeights(bytesOf(model))).rejects.toMatchObject({
      code: 'ERR_PTH_ONNX',
      message: expect.stringContaining('lie in another file, "external_16.data"'),
    });
    const alone = join(folder.path, 'alone.onnx');
    writeFileSync(alone, bytesOf(model));
    await expect(openWeights(alone)).rejects.toMatchObject({ code: 'ERR_PTH_ONNX' });
  });

  it('are not read through a link', async () => {
    const linked = join(folder.path, 'linked');
    mkdirSync(linked);
    copyFileSync(goldenPath(`onnxModels/${model}`), join(linked, model));
    symlinkSync(goldenPath(`onnxModels/${data}`), join(linked, data));
    await expect(openWeights(join(linked, model))).rejects.toMatchObject({ code: 'ERR_PTH_ONNX' });
  });

  it.each(['../secret', '/etc/hostname', 'a/b', '..', 'C:x', ''])(
    'are not looked for under %j',
    async (location) => {
      const path = join(folder.path, 'elsewhere.onnx');
      writeFileSync(path, onnxFile({ external: location }));
      await expect(openWeights(path)).rejects.toMatchObject({
        code: 'ERR_PTH_ONNX',
        message: expect.stringContaining('Files elsewhere'),
      });
    },
  );
});

describe('an operator, by its definition,', () => {
  const x = new Tensor(Float32Array.of(...[1, 2, 3].flatMap((c) => [c, 2 * c, -c])), [1, 3, 1, 3]);

  it.each([
    [
      'Resize over its last two axes, counted from behind',
      { type: 'Resize', inputs: ['input', '', '', 'two'], attributes: { axes: [-2, -1] } },
      [1, 1, 2, 2, -1, -1].flatMap((v) => [v]),
      [2, 6],
    ],
    [
      'Resize by a scale that adds no pixel',
      {
        type: 'Resize',
        inputs: ['input', '', 'quarter'],
        attributes: { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
      },
      // Of places 0, 0.8 and 1.6.
      [1, 1, 2],
      [1, 3],
    ],
    ['Max of three', { type: 'Max', inputs: ['half', 'input', 'one'] }, [1, 2, 1], [1, 3]],
    ['Min of three', { type: 'Min', inputs: ['one', 'half', 'input'] }, [0.5, 0.5, -1], [1, 3]],
    ['Min of one', { type: 'Min', inputs: ['input'] }, [1, 2, -1], [1, 3]],
  ])('%s', async (_, node, row, [height, width]) => {
    const file = onnxFile({
      nodes: [{ name: 'n', ...node }],
      lists: { two: [2, 6] },
      floats: { quarter: [1, 1, 1, 1.25], one: [1], half: [0.5] },
      version: 18,
    });
    const { module } = await openGenerator(file);
    const made = await module.forward(x, { engine: 'js' });
    expect(made.shape).toEqual([1, 3, height, width]);
    const first = Array.from({ length: height }, () => row).flat();
    expect([...made.data.slice(0, height * width)]).toEqual(first);
  });
});

describe('nodes beside those of the first output', () => {
  it('are passed over', async () => {
    const nodes = [
      { type: 'GridSample', name: 'unknown', inputs: ['input', 'nobody'] },
      { type: 'Neg', name: 'n', inputs: ['input'] },
    ];
    const { module } = await openGenerator(onnxFile({ nodes }));
    const made = await module.forward(new Tensor(Float32Array.of(1, 2, 3), [1, 3, 1, 1]), {
      engine: 'js',
    });
    expect([...made.data]).toEqual([-1, -2, -3]);
  });
});

describe('shapes that are taken apart', () => {
  it('are known before a run', async () => {
    const nodes = [
      { type: 'Shape', name: 'shape', inputs: ['input'] },
      { type: 'Split', name: 'split', inputs: ['shape', 'cut'], outputs: ['front', 'sides'] },
      { type: 'Mul', name: 'larger', inputs: ['sides', 'factors'] },
      { type: 'Concat', name: 'sizes', inputs: ['front', 'larger'], attributes: { axis: 0 } },
      { type: 'Resize', name: 'n', inputs: ['input', '', '', 'sizes'] },
    ];
    const file = onnxFile({ nodes, lists: { cut: [2, 2], factors: [3, 2] }, version: 18 });
    const { module } = await openGenerator(file);
    const made = await module.forward(new Tensor(Float32Array.of(1, 2, 3), [1, 3, 1, 1]), {
      engine: 'js',
    });
    expect(made.shape).toEqual([1, 3, 3, 2]);
    expect([...made.data]).toEqual([1, 2, 3].flatMap((value) => new Array(6).fill(value)));
  });
});

describe('a batch norm that keeps no statistics', () => {
  it('has those of the picture, which nodes before it compute', async () => {
    const axes = [0, 2, 3];
    const mean = (name: string, of: string, keepdims: number) => ({
      ...{ type: 'ReduceMean', name, inputs: [of], attributes: { axes, keepdims } },
    });
    const nodes = [
      mean('mean', 'input', 0),
      mean('kept', 'input', 1),
      { type: 'Sub', name: 'off', inputs: ['input', 'kept'] },
      { type: 'Mul', name: 'squares', inputs: ['off', 'off'] },
      mean('variance', 'squares', 0),
      {
        ...{ type: 'BatchNormalization', name: 'n' },
        inputs: ['input', 'weight', 'bias', 'mean', 'variance'],
      },
    ];
    const [weight, bias] = [
      [1, 2, -1],
      [0, 1, 0.5],
    ];
    const { module } = await openGenerator(onnxFile({ nodes, floats: { weight, bias } }));
    // Each channel is 1 above and 1 below its mean.
    const made = await module.forward(new Tensor(Float32Array.of(1, 3, 2, 4, 7, 5), [1, 3, 1, 2]), {
      engine: 'js',
    });
    const one = 1 / Math.sqrt(1 + 1e-5);
    const expected = [-one, one, 1 - 2 * one, 1 + 2 * one, 0.5 - one, 0.5 + one];
    for (const [i, value] of expected.entries()) expect(made.data[i]).toBeCloseTo(value, 5);
  });
});

describe('blocks of pixels that become channels', () => {
  it('are moved as torch.nn.functional.pixel_unshuffle does, which exporters spell', async () => {
    const sides = (name: string, inputs: readonly string[]) => ({
      ...{ type: 'Concat', name, inputs, attributes: { axis: 0 } },
    });
    const nodes = [
      { type: 'Shape', name: 'shape', inputs: ['input'] },
      { type: 'Split', name: 'split', inputs: ['shape'], outputs: ['n', 'c', 'h', 'w'] },
      { type: 'Div', name: 'rows', inputs: ['h', 'two'] },
      { type: 'Div', name: 'columns', inputs: ['w', 'two'] },
      sides('blocks', ['n', 'c', 'rows', 'two', 'columns', 'two']),
      { type: 'Reshape', name: 'six', inputs: ['input', 'blocks'] },
      {
        ...{ type: 'Transpose', name: 'moved', inputs: ['six'] },
        attributes: { perm: [0, 1, 3, 5, 2, 4] },
      },
      sides('sizes', ['n', 'twelve', 'rows', 'columns']),
      { type: 'Reshape', name: 'n', inputs: ['moved', 'sizes'] },
    ];
    const { module } = await openGenerator(onnxFile({ nodes, lists: { two: [2], twelve: [12] } }));
    const x = Float32Array.from({ length: 3 * 2 * 4 }, (_, i) => i);
    const made = await module.forward(new Tensor(x, [1, 3, 2, 4]), { engine: 'js' });
    expect(made.shape).toEqual([1, 12, 1, 2]);
    // Of each channel: its left upper pixels, its right upper ones, and those below.
    const channel = (c: number) => [0, 2, 1, 3, 4, 6, 5, 7].map((at) => 8 * c + at);
    expect([...made.data]).toEqual([0, 1, 2].flatMap(channel));
  });
});

describe("PyTorch's softplus with its threshold", () => {
  const nodes = (operator: string) => [
    { type: operator, name: 'below', inputs: ['input'] },
    { type: 'Greater', name: 'is', inputs: ['input', 'threshold'] },
    { type: 'Where', name: 'n', inputs: ['is', 'input', 'below'] },
  ];

  it('is a softplus', async () => {
    const file = onnxFile({ nodes: nodes('Softplus'), floats: { threshold: [20] } });
    const { module } = await openGenerator(file);
    const x = [-30, 0, 20, 21, 100, 1000];
    const made = await module.forward(new Tensor(Float32Array.from(x), [1, 3, 1, 2]), {
      engine: 'js',
    });
    // ln(1 + eˣ), by its parts.
    const expected = x.map((v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v))));
    for (const [i, value] of made.data.entries()) expect(value).toBeCloseTo(expected[i], 4);
  });

  it.each([
    ['Softplus', 2],
    ['Relu', 20],
    ['Neg', 20],
  ])('is none with %s below, or a threshold such as %i', async (operator, threshold) => {
    const file = onnxFile({ nodes: nodes(operator), floats: { threshold: [threshold] } });
    await expect(openGenerator(file)).rejects.toThrow('it chooses between two values');
  });

  it('is no number to compute with', async () => {
    const [, is] = nodes('Neg');
    const more = [is, { type: 'Add', name: 'n', inputs: ['input', 'is'] }];
    const file = onnxFile({ nodes: more, floats: { threshold: [20] } });
    await expect(openGenerator(file)).rejects.toThrow('input 1 is a comparison');
  });
});

describe('what cannot be run', () => {
  it('is named with its node', async () => {
    const file = onnxFile({ nodes: [{ type: 'GridSample', name: 'warp/1', inputs: ['input'] }] });
    await expect(openGenerator(file)).rejects.toMatchObject({
      code: 'ERR_ONNX',
      message: expect.stringContaining('node "warp/1" is a GridSample: there is no such operator'),
    });
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'is named where its type is a name that objects of JavaScript have: %s',
    async (type) => {
      const file = onnxFile({ nodes: [{ type, name: 'n', inputs: ['input'] }] });
      await expect(openGenerator(file)).rejects.toThrow('there is no such operator');
    },
  );

  it.each([
    ['of groups, by scales of channels', [0, 1, -1], [1, 2, 3], 'has 3 scales in place of 1'],
    ['of groups, by too few scales', [0, 3, -1], [1], 'has 1 scales in place of 3'],
  ])('is an instance norm %s', async (_, shape, scale, message) => {
    const shift = scale.map(() => 0);
    const file = onnxFile({
      nodes: [
        { type: 'Reshape', name: 'split', inputs: ['input', 'shape'] },
        { type: 'InstanceNormalization', name: 'n', inputs: ['split', 'scale', 'shift'] },
      ],
      lists: { shape },
      floats: { scale, shift },
    });
    await expect(openGenerator(file)).rejects.toThrow(message);
  });

  it('is named with its domain, or with what it makes', async () => {
    const node = { type: 'FusedConv', domain: 'com.microsoft', name: '', inputs: ['input'] };
    await expect(openGenerator(onnxFile({ nodes: [node] }))).rejects.toThrow(
      'the node that makes "output" is a com.microsoft.FusedConv',
    );
  });

  it.each([
    [{ inputs: ['nobody'] }, 'made by no node before it'],
    [{ type: 'Transpose', attributes: { perm: [0, 2, 3, 1] } }, 'dimensions|transposed'],
    [{ type: 'Cast', attributes: { to: 7 } }, 'whole numbers of a picture'],
    [{ type: 'Conv' }, 'input 1 is missing'],
    [
      { type: 'AveragePool', attributes: { kernel_shape: [2, 2], pads: [0, 0, 2, 2] } },
      'windows are all pad',
    ],
    [
      { type: 'Resize', inputs: ['input', '', '', 'two'], attributes: { axes: [0, 9] } },
      'axis 9 of 4 dimensions',
    ],
  ])('is %j', async (node, message) => {
    const given = { type: 'Relu', name: 'n', inputs: ['input'], ...node };
    const opening = openGenerator(onnxFile({ nodes: [given], lists: { two: [2, 6] } }));
    if (given.type === 'Transpose') {
      // The picture, its channels last, is what it was: nothing has to be moved.
      expect((await opening).outputChannels).toBe(3);
      return;
    }
    await expect(opening).rejects.toThrow(new RegExp(message));
  });

  it('is a model in which two nodes make one value', async () => {
    const nodes = ['Relu', 'Tanh'].map((type) => ({ type, name: 'twice', inputs: ['input'] }));
    const last = { type: 'Identity', name: 'last', inputs: ['twice'] };
    await expect(openGenerator(onnxFile({ nodes: [...nodes, last] }))).rejects.toThrow(
      'its output "twice" is there already',
    );
  });

  it('is a model of several inputs', async () => {
    const file = onnxFile({
      inputs: ['input', 'style'],
      nodes: [{ type: 'Relu', name: 'n', inputs: ['input'] }],
    });
    await expect(openGenerator(file)).rejects.toThrow('has 2 inputs ("input", "style")');
  });
});

describe('a group norm that is written as an instance norm, a product and a sum', () => {
  const net = new Sequential(
    new Conv2d(3, 4, 1),
    new GroupNorm(2, 4, { eps: 0.01 }),
    new Conv2d(4, 3, 1),
    new PReLU(3),
  ).eval();
  const numbers = (shape: readonly number[], seed: number) =>
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(seed + i));
  const state = [...net.stateDict()].map(
    ([key, { shape }], i) => [key, new Tensor(numbers(shape, i), shape)] as const,
  );
  net.loadStateDict(new Map(state));
  const x = new Tensor(numbers([1, 3, 6, 5], 9), [1, 3, 6, 5]);

  it('is one norm, with its weights by their names, however often it is written', async () => {
    let module: Module = net;
    for (let i = 0; i < 3; i++) {
      const file = exportOnnx(module, [1, 3, 6, 5], { opset: 17, dynamic: true });
      module = (await openGenerator(file)).module;
      const graph = traceGraph(module, [1, 3, 6, 5]);
      const ops = graph.nodes.map(({ op }) => op).filter((op) => op !== 'reshape');
      expect(ops).toEqual(['conv2d', 'groupNorm', 'conv2d', 'prelu']);
      expect([...module.stateDict().keys()].sort()).toEqual([...net.stateDict().keys()].sort());
    }
    const [expected, made] = await Promise.all([net, module].map((one) => one.forward(x)));
    expect(maxAbsDifference(made.data, expected.data)).toBeLessThan(1e-6);
  });
});

describe('a model of our own', () => {
  const net = new Sequential(new Conv2d(3, 3, 3, { padding: 1 }), new Tanh()).eval();
  const x = new Tensor(
    Float32Array.from({ length: 3 * 6 * 5 }, (_, i) => Math.sin(i)),
    [1, 3, 6, 5],
  );

  it('that is of no family is its graph again, to the bit', async () => {
    const expected = await net.forward(x);
    const file = exportOnnx(net, [1, 3, 6, 5], { dynamic: true });
    const { module, family } = await openGenerator(file);
    expect(family.name).toBe('onnx');
    expect((await module.forward(x)).data).toEqual(expected.data);
    expect([...module.stateDict().keys()]).toEqual([...net.stateDict().keys()]);
    // And so is what is made of that.
    const again = await openGenerator(exportOnnx(module, [1, 3, 6, 5], { dynamic: true }));
    expect((await again.module.forward(x)).data).toEqual(expected.data);
  });

  it('that is of a family is that family again', async () => {
    const zebra = await openGenerator(goldenBytes('tiny_zip.pth'));
    const file = exportOnnx(zebra.module, [1, 3, 8, 8]);
    const { family, config } = await openGenerator(file);
    expect([family.name, config]).toEqual([zebra.family.name, zebra.config]);
  });
});
