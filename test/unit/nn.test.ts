import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CycleganError, ShapeError } from '../../src/errors.js';
import { AdaptiveAvgPool2d } from '../../src/nn/adaptiveAvgPool2d.js';
import { AdaptiveMaxPool2d } from '../../src/nn/adaptiveMaxPool2d.js';
import { AvgPool2d } from '../../src/nn/avgPool2d.js';
import { BatchNorm2d } from '../../src/nn/batchNorm2d.js';
import { traceGraph } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { Dropout } from '../../src/nn/dropout.js';
import { Dropout2d } from '../../src/nn/dropout2d.js';
import { Flatten } from '../../src/nn/flatten.js';
import { GroupNorm } from '../../src/nn/groupNorm.js';
import { Hardtanh } from '../../src/nn/hardtanh.js';
import { Identity } from '../../src/nn/identity.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import { LeakyReLU } from '../../src/nn/leakyRelu.js';
import { Linear } from '../../src/nn/linear.js';
import { type StateDict, StateDictError } from '../../src/nn/loadStateDict.js';
import { MaxPool2d } from '../../src/nn/maxPool2d.js';
import type { Module } from '../../src/nn/module.js';
import { PixelShuffle } from '../../src/nn/pixelShuffle.js';
import { PReLU } from '../../src/nn/prelu.js';
import { manualSeed } from '../../src/nn/random.js';
import { ReplicationPad2d } from '../../src/nn/replicationPad2d.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Softmax } from '../../src/nn/softmax.js';
import { Upsample } from '../../src/nn/upsample.js';
import { ZeroPad2d } from '../../src/nn/zeroPad2d.js';
import { Tensor } from '../../src/tensor/tensor.js';

const net = () => new Sequential(new Conv2d(2, 3, 1), new BatchNorm2d(3));

describe('loadStateDict', () => {
  it('names everything that is wrong in one error, and loads nothing', () => {
    const target = net();
    const before = target.stateDict();
    const wrong = new Map<string, unknown>(net().stateDict());
    wrong.delete('0.bias');
    wrong.set('extra', Tensor.zeros([1]));
    wrong.set('1.weight', Tensor.zeros([4]));
    wrong.set('1.bias', 'text');
    let error: unknown;
    try {
      target.loadStateDict(wrong as StateDict);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(StateDictError);
    expect(error).toMatchObject({
      code: 'ERR_STATE_DICT',
      missingKeys: ['0.bias'],
      unexpectedKeys: ['extra'],
      mismatchedKeys: ['1.weight', '1.bias'],
    });
    for (const part of ['Sequential', '"0.bias"', '"extra"', '[4]', '[3]', 'a string']) {
      expect((error as Error).message).toContain(part);
    }
    expect(target.stateDict()).toEqual(before);
  });

  it('lists the first twenty of each kind, and holds all', () => {
    const module = new Sequential(...Array.from({ length: 30 }, () => new Conv2d(1, 1, 1)));
    const own = [...module.stateDict().keys()];
    const wrong = new Map<string, Tensor>(own.slice(0, 30).map((key) => [key, Tensor.zeros([7])]));
    for (let i = 0; i < 1000; i++) wrong.set(`${'x'.repeat(300)}${i}`, Tensor.zeros([1]));
    try {
      module.loadStateDict(wrong);
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof StateDictError)) throw error;
      expect(error.missingKeys).toEqual(own.slice(30));
      expect(error.unexpectedKeys).toHaveLength(1000);
      expect(error.mismatchedKeys).toHaveLength(30);
      expect(error.message.length).toBeLessThan(10_000);
      expect(error.message).toMatch(/"24\.bias", … and 10 more\./);
      expect(error.message).toMatch(/x…", … and 980 more\./);
      expect(error.message).toContain(`"${'x'.repeat(200)}…"`);
      expect(error.message.match(/size mismatch/g)).toHaveLength(20);
      expect(error.message).toMatch(/\n\t… and 10 more$/);
    }
  });

  it('lets missing and unexpected keys pass when told to, but no other shape', () => {
    const part = new Map([['0.weight', Tensor.full([3, 2, 1, 1], 5)]]);
    const target = net();
    const result = target.loadStateDict(part, { strict: false });
    expect(result.missingKeys).toEqual([
      '0.bias',
      '1.weight',
      '1.bias',
      '1.running_mean',
      '1.running_var',
    ]);
    expect(target.stateDict().get('0.weight')?.data[0]).toBe(5);
    const misshapen = new Map([['0.weight', Tensor.zeros([1])]]);
    expect(() => target.loadStateDict(misshapen, { strict: false })).toThrow(/size mismatch/);
  });

  it('copies float32 arrays and converts others', () => {
    const layer = new Conv2d(1, 2, 1);
    const weight = Float32Array.of(1, 2);
    layer.loadStateDict(
      new Map([
        ['weight', { data: weight, shape: [2, 1, 1, 1] }],
        ['bias', { data: Float64Array.of(0.1, 0.2), shape: [2] }],
      ]),
    );
    expect(layer.stateDict().get('weight')?.data).toEqual(Float32Array.of(1, 2));
    // As in PyTorch: the array stays the caller's own.
    weight[0] = 9;
    expect(layer.stateDict().get('weight')?.data).toEqual(Float32Array.of(1, 2));
    expect(layer.stateDict().get('bias')?.data).toEqual(Float32Array.of(0.1, 0.2));
  });

  it('takes a state dict without batch counters, as PyTorch does', () => {
    const old = net().stateDict();
    old.delete('1.num_batches_tracked');
    expect(() => net().loadStateDict(old)).not.toThrow();
  });
});

describe('initialisation', () => {
  it.each<[string, () => Module, number]>([
    ['Conv2d', () => new Conv2d(8, 4, 3, { groups: 2 }), 1 / Math.sqrt(4 * 9)],
    ['ConvTranspose2d', () => new ConvTranspose2d(8, 6, [3, 2]), 1 / Math.sqrt(6 * 6)],
    ['Linear', () => new Linear(16, 9), 1 / 4],
  ])('of %s is uniform within PyTorch’s bound, bias included', (_, build, bound) => {
    manualSeed(7);
    const values = Array.from({ length: 40 }, build).flatMap((layer) =>
      [...layer.stateDict().values()].flatMap(({ data }) => [...data]),
    );
    const largest = Math.max(...values.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(0.99 * bound);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.05 * bound);
    expect(variance / (bound ** 2 / 3)).toBeCloseTo(1, 1);
  });

  it('is repeatable, and does not depend on the order of asking', () => {
    const two = () => {
      manualSeed(3);
      return [new Conv2d(1, 2, 3), new Conv2d(1, 2, 3)];
    };
    const [a, b] = two();
    const [c, d] = two();
    const later = d.stateDict();
    expect(c.stateDict()).toEqual(a.stateDict());
    expect(later).toEqual(b.stateDict());
    expect(later).not.toEqual(a.stateDict());
  });

  it('of norm layers is that of PyTorch', () => {
    const state = Object.fromEntries(
      [...new BatchNorm2d(1).stateDict()].map(([key, { data }]) => [key, data[0]]),
    );
    expect(state).toEqual({
      weight: 1,
      bias: 0,
      running_mean: 0,
      running_var: 1,
      num_batches_tracked: 0,
    });
    expect([...new InstanceNorm2d(1).stateDict().keys()]).toEqual([]);
  });
});

describe('training mode', () => {
  it('is where modules start, and eval() and train() reach all of them', () => {
    const outer = new Sequential(new Sequential(new Dropout()));
    const modes = () => [...outer.namedModules()].map(([, module]) => module.training);
    expect(modes()).toEqual([true, true, true]);
    expect(outer.eval()).toBe(outer);
    expect(modes()).toEqual([false, false, false]);
    outer.train();
    expect(modes()).toEqual([true, true, true]);
  });

  it.each([
    ['Dropout', new Dropout()],
    ['BatchNorm2d', new BatchNorm2d(2)],
    ['InstanceNorm2d with statistics', new InstanceNorm2d(2, { trackRunningStats: true })],
  ])('is refused by %s, which would train', (_, module) => {
    expect(() => traceGraph(module, [1, 2, 3, 3])).toThrow(CycleganError);
    expect(() => traceGraph(module, [1, 2, 3, 3])).toThrow(/eval\(\)/);
    expect(() => traceGraph(module.eval(), [1, 2, 3, 3])).not.toThrow();
  });
});

describe('printing', () => {
  // Copied from a session with PyTorch.
  it.each([
    [
      new Conv2d(3, 8, [1, 2], { stride: 2, dilation: 3, groups: 1, bias: false }),
      'Conv2d(3, 8, kernel_size=(1, 2), stride=(2, 2), dilation=(3, 3), bias=False)',
    ],
    [
      new ConvTranspose2d(4, 6, 3, { stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
      'ConvTranspose2d(4, 6, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), output_padding=(1, 1), groups=2)',
    ],
    [
      new InstanceNorm2d(8),
      'InstanceNorm2d(8, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)',
    ],
    [new GroupNorm(2, 6), 'GroupNorm(2, 6, eps=1e-05, affine=True)'],
    [new LeakyReLU(0.2, true), 'LeakyReLU(negative_slope=0.2, inplace=True)'],
    [new Hardtanh(-2.5, 7), 'Hardtanh(min_val=-2.5, max_val=7.0)'],
    [new PixelShuffle(2), 'PixelShuffle(upscale_factor=2)'],
    [new Softmax(1), 'Softmax(dim=1)'],
    [new Linear(3, 4, { bias: false }), 'Linear(in_features=3, out_features=4, bias=False)'],
    [new Flatten(), 'Flatten(start_dim=1, end_dim=-1)'],
    [new PReLU(6), 'PReLU(num_parameters=6)'],
    [new ZeroPad2d([1, 2, -1, 0]), 'ZeroPad2d((1, 2, -1, 0))'],
    [new ReplicationPad2d(2), 'ReplicationPad2d((2, 2, 2, 2))'],
    [new Upsample({ scaleFactor: 2 }), 'Upsample(scale_factor=2.0, mode=nearest)'],
    [
      new Upsample({ scaleFactor: [2, 3], mode: 'bilinear', alignCorners: true }),
      'Upsample(scale_factor=(2.0, 3.0), mode=bilinear)',
    ],
    [new Upsample({ size: [3, 4] }), 'Upsample(size=(3, 4), mode=nearest)'],
    [new AdaptiveAvgPool2d(1), 'AdaptiveAvgPool2d(output_size=1)'],
    [new AdaptiveMaxPool2d([2, 3]), 'AdaptiveMaxPool2d(output_size=(2, 3))'],
    [new AvgPool2d(2), 'AvgPool2d(kernel_size=2, stride=2, padding=0)'],
    [
      new AvgPool2d([3, 2], { stride: [2, 1], padding: [1, 0], ceilMode: true }),
      'AvgPool2d(kernel_size=(3, 2), stride=(2, 1), padding=(1, 0))',
    ],
    [
      new MaxPool2d(3, { stride: [2, 1], padding: 1, dilation: 2, ceilMode: true }),
      'MaxPool2d(kernel_size=3, stride=(2, 1), padding=1, dilation=2, ceil_mode=True)',
    ],
    [new Dropout(0.5), 'Dropout(p=0.5, inplace=False)'],
    [new Dropout2d(0.2, true), 'Dropout2d(p=0.2, inplace=True)'],
    [new Sequential(new Identity()), 'Sequential(\n  (0): Identity()\n)'],
  ])('is PyTorch’s', (module, printed) => {
    expect(module.toString()).toBe(printed);
    expect(inspect(module)).toBe(printed);
  });
});

describe('constructors', () => {
  it.each([
    [() => new Conv2d(3, 4, 3, { groups: 2 }), /inChannels \(3\).*groups \(2\)/],
    [() => new ConvTranspose2d(4, 5, 3, { groups: 2 }), /outChannels \(5\).*groups \(2\)/],
    [() => new Conv2d(0, 4, 3), /inChannels.*0/],
    [() => new Conv2d(1, 1, 0), /kernelSize/],
    [() => new Dropout(1.5), /1\.5/],
  ])('refuse what cannot be', (build, message) => {
    expect(build).toThrow(ShapeError);
    expect(build).toThrow(message);
  });
});
