import { describe, expect, it } from 'vitest';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { AdaptiveAvgPool2d } from '../../src/nn/adaptiveAvgPool2d.js';
import { AdaptiveMaxPool2d } from '../../src/nn/adaptiveMaxPool2d.js';
import { AvgPool2d } from '../../src/nn/avgPool2d.js';
import { BatchNorm2d } from '../../src/nn/batchNorm2d.js';
import { compile } from '../../src/nn/compile.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { Flatten } from '../../src/nn/flatten.js';
import { GroupNorm } from '../../src/nn/groupNorm.js';
import { Hardtanh } from '../../src/nn/hardtanh.js';
import { Identity } from '../../src/nn/identity.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import { LeakyReLU } from '../../src/nn/leakyRelu.js';
import { Linear } from '../../src/nn/linear.js';
import { MaxPool2d } from '../../src/nn/maxPool2d.js';
import { Module } from '../../src/nn/module.js';
import { PixelShuffle } from '../../src/nn/pixelShuffle.js';
import { PReLU } from '../../src/nn/prelu.js';
import { ReflectionPad2d } from '../../src/nn/reflectionPad2d.js';
import { ReLU } from '../../src/nn/relu.js';
import { ReplicationPad2d } from '../../src/nn/replicationPad2d.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Softmax } from '../../src/nn/softmax.js';
import { Tanh } from '../../src/nn/tanh.js';
import { Upsample } from '../../src/nn/upsample.js';
import { ZeroPad2d } from '../../src/nn/zeroPad2d.js';
import { catOperator } from '../../src/tensor/cat.js';
import { divOperator } from '../../src/tensor/div.js';
import { groupNormOperator, resolveGroupNorm } from '../../src/tensor/groupNorm.js';
import { mulOperator } from '../../src/tensor/mul.js';
import { narrowOperator } from '../../src/tensor/narrow.js';
import { reshapeOperator } from '../../src/tensor/reshape.js';
import { sigmoidOperator } from '../../src/tensor/sigmoid.js';
import { subOperator } from '../../src/tensor/sub.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from '../support/closeness.js';
import { engines } from '../support/engines.js';

/** A module of layers, and how its `trace` joins them. */
class Tree<L extends Record<string, Module>> extends Module {
  readonly #join: (g: GraphBuilder, x: Value, layers: L) => Value;
  readonly #layers: L;

  constructor(layers: L, join: (g: GraphBuilder, x: Value, layers: L) => Value) {
    super();
    for (const [name, layer] of Object.entries(layers)) this.registerModule(name, layer);
    this.#layers = layers;
    this.#join = join;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return this.#join(g, x, this.#layers);
  }
}

function tree<L extends Record<string, Module>>(
  layers: L,
  join: (g: GraphBuilder, x: Value, layers: L) => Value,
): Module {
  return new Tree(layers, join);
}

const same = (channels: number) => new Conv2d(channels, channels, 3, { padding: 1 });
const halve = (channels: number) => new Conv2d(channels, channels, 3, { stride: 2, padding: 1 });

/** Trees that no generator is, for whatever an engine fuses, shares or leaves out. */
const TREES: readonly [name: string, module: Module, input: readonly number[]][] = [
  ['nothing at all', new Identity(), [1, 3, 8, 8]],
  ['an activation alone', new ReLU(), [2, 3, 5, 7]],
  ['a border alone', new ReflectionPad2d([1, 2, 0, 3]), [1, 5, 6, 7]],
  [
    'a border around a border',
    new Sequential(new ReflectionPad2d(1), new ReflectionPad2d([2, 1, 1, 0])),
    [1, 5, 6, 7],
  ],
  [
    'the norm of a border',
    new Sequential(new ReflectionPad2d(1), new InstanceNorm2d(5)),
    [1, 5, 6, 7],
  ],
  [
    'a norm of a norm',
    new Sequential(new InstanceNorm2d(5, { affine: true }), new InstanceNorm2d(5)),
    [1, 5, 6, 7],
  ],
  [
    'group norms of convolutions, of a sum, and of channels that fill no vector',
    tree(
      {
        enter: new Conv2d(3, 10, 3),
        norm: new GroupNorm(1, 10),
        again: new GroupNorm(5, 10, { affine: false }),
        wide: new Conv2d(10, 64, 3, { padding: 1 }),
        last: new GroupNorm(32, 64),
        relu: new LeakyReLU(0.2),
      },
      (g, x, l) => {
        const a = g.call(l.relu, g.call(l.norm, g.call(l.enter, x)));
        const b = g.call(l.again, g.add(a, a));
        return g.call(l.relu, g.call(l.last, g.call(l.wide, b)));
      },
    ),
    [2, 3, 11, 9],
  ],
  ['three activations', new Sequential(new LeakyReLU(0.3), new Tanh(), new ReLU()), [1, 2, 6, 7]],
  ['a sum with itself', tree({}, (g, x) => g.add(x, x)), [1, 3, 5, 5]],
  [
    'sums of unfinished values',
    tree({ conv: same(3), norm: new InstanceNorm2d(3), relu: new ReLU() }, (g, x, l) => {
      const a = g.call(l.norm, g.call(l.conv, x));
      const b = g.call(l.relu, a);
      return g.add(g.add(a, b), g.add(b, x));
    }),
    [2, 3, 9, 8],
  ],
  [
    'a sum read by a convolution and twice more',
    tree({ first: same(8), norm: new InstanceNorm2d(8), second: same(8) }, (g, x, l) => {
      const sum = g.add(x, g.call(l.norm, g.call(l.first, x)));
      return g.add(sum, g.add(g.call(l.second, sum), sum));
    }),
    [1, 8, 12, 13],
  ],
  [
    'a sum under two borders',
    tree(
      {
        first: same(8),
        norm: new InstanceNorm2d(8),
        narrow: new ReflectionPad2d(1),
        wide: new ReflectionPad2d(2),
        three: new Conv2d(8, 8, 3),
        five: new Conv2d(8, 8, 5),
      },
      (g, x, l) => {
        const sum = g.add(x, g.call(l.norm, g.call(l.first, x)));
        const three = g.call(l.three, g.call(l.narrow, sum));
        return g.add(g.add(three, g.call(l.five, g.call(l.wide, sum))), sum);
      },
    ),
    [1, 8, 12, 13],
  ],
  [
    'a sum read at half its size',
    tree(
      { first: same(16), norm: new InstanceNorm2d(16), a: halve(16), b: halve(16) },
      (g, x, l) => {
        const sum = g.add(x, g.call(l.norm, g.call(l.first, x)));
        return g.add(g.call(l.a, sum), g.call(l.b, sum));
      },
    ),
    [1, 16, 13, 15],
  ],
  [
    'the input read again at the end',
    tree(
      {
        enter: new Conv2d(3, 8, 3, { padding: 1 }),
        norm: new InstanceNorm2d(8),
        inner: same(8),
        late: new Conv2d(3, 8, 5, { padding: 2 }),
      },
      (g, x, l) => {
        let y = g.call(l.enter, x);
        for (let i = 0; i < 4; i++) y = g.call(l.norm, g.call(l.inner, y));
        return g.add(y, g.call(l.late, x));
      },
    ),
    [1, 3, 17, 9],
  ],
  [
    'two norms of one value',
    tree(
      {
        conv: new Conv2d(3, 8, 3),
        a: new InstanceNorm2d(8),
        b: new InstanceNorm2d(8, { eps: 0.1 }),
      },
      (g, x, l) => {
        const y = g.call(l.conv, x);
        return g.add(g.call(l.a, y), g.call(l.b, y));
      },
    ),
    [1, 3, 9, 9],
  ],
  [
    'batch norms around an activation',
    new Sequential(
      new Conv2d(3, 6, 3),
      new BatchNorm2d(6),
      new ReLU(),
      new BatchNorm2d(6),
      new Conv2d(6, 2, 1),
    ),
    [2, 3, 8, 8],
  ],
  [
    'transposed convolutions of all kinds',
    new Sequential(
      new ConvTranspose2d(16, 16, 3, { stride: 2, padding: 1 }),
      new InstanceNorm2d(16),
      new ConvTranspose2d(16, 9, 3, { stride: 2, outputPadding: 1 }),
      new ConvTranspose2d(9, 8, 4, { stride: 3, padding: 2, dilation: 2 }),
    ),
    [1, 16, 7, 9],
  ],
  [
    'one-dimensional Winograd, with few and with many output channels',
    new Sequential(
      new Conv2d(3, 8, 7, { padding: 3 }),
      new ReflectionPad2d([1, 0, 3, 2]),
      new Conv2d(8, 3, [6, 2], { padding: [1, 0] }),
      new InstanceNorm2d(3),
      new Conv2d(3, 9, [9, 1]),
      new Conv2d(9, 2, 5, { padding: 4 }),
    ),
    [2, 3, 14, 9],
  ],
  [
    'a sum read by one-dimensional Winograd and once more',
    tree(
      { first: same(8), norm: new InstanceNorm2d(8), five: new Conv2d(8, 8, 5, { padding: 2 }) },
      (g, x, l) => {
        const sum = g.add(x, g.call(l.norm, g.call(l.first, x)));
        return g.add(g.call(l.five, sum), sum);
      },
    ),
    [1, 8, 11, 6],
  ],
  [
    'more kernels than are kept transformed',
    tree(
      {
        first: new Conv2d(3, 164, 1),
        norm: new InstanceNorm2d(164),
        pad: new ReflectionPad2d(1),
        same: new Conv2d(164, 164, 3),
        half: halve(164),
        double: new ConvTranspose2d(164, 100, 3, { stride: 2, padding: 1, outputPadding: 1 }),
      },
      (g, x, l) => {
        const a = g.call(l.norm, g.call(l.first, x));
        const b = g.add(a, g.call(l.norm, g.call(l.same, g.call(l.pad, a))));
        return g.call(l.double, g.call(l.half, g.call(l.same, g.call(l.pad, b))));
      },
    ),
    [1, 3, 21, 18],
  ],
  [
    'many channels at the end of memory',
    new Sequential(
      new ConvTranspose2d(8, 512, 3, { stride: 2, padding: 1, outputPadding: 1 }),
      new Conv2d(512, 1, 1),
    ),
    [1, 8, 9, 400],
  ],
  [
    'groups and flat kernels',
    new Sequential(
      new Conv2d(8, 8, 3, { groups: 8, padding: 1 }),
      new Conv2d(8, 12, 3, { groups: 2, stride: 2 }),
      new Conv2d(12, 3, [1, 3], { padding: [0, 1] }),
      new Conv2d(3, 2, [3, 1]),
    ),
    [2, 8, 12, 11],
  ],
  [
    'groups and one-dimensional Winograd, by panels of several widths',
    new Sequential(
      new Conv2d(6, 52, 7, { groups: 2, padding: 3 }),
      new Conv2d(52, 20, [6, 3], { groups: 4, padding: [2, 1] }),
      new Conv2d(20, 4, [9, 2], { groups: 2, padding: [4, 1] }),
    ),
    [2, 6, 13, 11],
  ],
  [
    'mirrored borders inside zeros',
    new Sequential(
      new ReflectionPad2d(2),
      new Conv2d(9, 10, 3, { padding: 2 }),
      new ReflectionPad2d([0, 3, 1, 0]),
      new Conv2d(10, 9, 3, { padding: 1, stride: 2 }),
    ),
    [1, 9, 10, 11],
  ],
  [
    'a mask over many channels, read by a convolution and written out',
    tree(
      { first: same(12), norm: new InstanceNorm2d(12), mask: new Conv2d(12, 1, 1), last: same(12) },
      (g, x, l) => {
        const mask = g.apply(sigmoidOperator, [g.call(l.mask, x)], {});
        const masked = g.apply(mulOperator, [mask, g.call(l.norm, g.call(l.first, x))], {});
        return g.add(g.call(l.last, masked), mask);
      },
    ),
    [2, 12, 11, 13],
  ],
  [
    'masks of shares, each over a part of an unfinished value',
    tree(
      {
        pictures: new Conv2d(4, 9, 3, { padding: 1 }),
        masks: new Conv2d(4, 3, 3, { padding: 1 }),
        tanh: new Tanh(),
        softmax: new Softmax(1),
      },
      (g, x, l) => {
        const pictures = g.call(l.tanh, g.call(l.pictures, x));
        const masks = g.call(l.softmax, g.call(l.masks, x));
        const [a, b, c] = [0, 1, 2].map((i) => {
          const picture = { dim: 1, start: 3 * i, length: 3 };
          const mask = { dim: 1, start: i, length: 1 };
          const parts = [
            g.apply(narrowOperator, [pictures], picture),
            g.apply(narrowOperator, [masks], mask),
          ] as const;
          return g.apply(mulOperator, parts, {});
        });
        return g.add(g.add(a, b), c);
      },
    ),
    [2, 4, 9, 13],
  ],
  [
    'blocks of pixels, of an unfinished value within a border',
    new Sequential(
      new Conv2d(3, 12, 3),
      new InstanceNorm2d(12),
      new ReflectionPad2d(1),
      new PixelShuffle(2),
      new Conv2d(3, 40, 3),
      new PixelShuffle(2),
      new Tanh(),
    ),
    [2, 3, 9, 12],
  ],
  [
    'channels by what they come to: of a norm, of an activation, within a border, twice',
    tree(
      {
        first: new Conv2d(3, 10, 3),
        norm: new InstanceNorm2d(10),
        relu: new ReLU(),
        pool: new AdaptiveAvgPool2d(1),
        pad: new ReflectionPad2d(1),
        second: same(10),
      },
      (g, x, l) => {
        const y = g.call(l.norm, g.call(l.first, x));
        const gate = g.apply(sigmoidOperator, [g.call(l.pool, g.call(l.first, x))], {});
        const half = g.constant(Tensor.full([1], 0.5));
        const scaled = g.apply(mulOperator, [gate, y], {});
        const shifted = g.apply(subOperator, [half, g.add(scaled, gate)], {});
        const activated = g.apply(divOperator, [g.call(l.relu, shifted), gate], {});
        const bordered = g.apply(subOperator, [g.call(l.pad, activated), gate], {});
        return g.add(g.call(l.second, bordered), g.apply(mulOperator, [bordered, gate], {}));
      },
    ),
    [2, 3, 9, 11],
  ],
  [
    'fully connected layers of all pixels and of means, whose weights are read in another shape, too',
    tree(
      {
        enter: new Conv2d(3, 6, 3, { padding: 1 }),
        norm: new InstanceNorm2d(6),
        relu: new ReLU(),
        pool: new AdaptiveAvgPool2d(1),
        flatten: new Flatten(),
        whole: new Linear(6 * 7 * 9, 12),
        mean: new Linear(6, 1, { bias: false }),
        last: same(6),
      },
      (g, x, l) => {
        const y = g.call(l.relu, g.call(l.norm, g.call(l.enter, x)));
        const flat = g.call(l.relu, g.call(l.whole, g.call(l.flatten, y)));
        const gates = g.apply(reshapeOperator, [flat], { shape: [0, -1, 1, 1] });
        const [scale, shift] = [0, 6].map((start) =>
          g.apply(narrowOperator, [gates], { dim: 1, start, length: 6 }),
        );
        const weight = g.apply(reshapeOperator, [g.parameter(l.mean.weight)], {
          shape: [0, -1, 1, 1],
        });
        const logit = g.call(l.mean, g.call(l.flatten, g.call(l.pool, y)));
        const weighted = g.apply(mulOperator, [g.call(l.last, y), weight], {});
        const moved = g.add(g.apply(mulOperator, [weighted, scale], {}), shift);
        return g.add(moved, g.apply(reshapeOperator, [logit], { shape: [0, 1, 1, 1] }));
      },
    ),
    [2, 3, 7, 9],
  ],
  [
    'an instance and a layer norm of one value, mixed, scaled and shifted, around a sum',
    tree({ first: new Conv2d(3, 10, 3), second: same(10), relu: new ReLU() }, (g, x, l) => {
      const mixed = (y: Value) => {
        const norms = [10, 1].map((groups) =>
          g.apply(groupNormOperator, [y, null, null], resolveGroupNorm(groups, { correction: 1 })),
        );
        const [rho, gamma, beta] = [0.3, -1.5, 0.25].map((value, i) => {
          const numbers = Float32Array.from(
            { length: 10 },
            (_, c) => value + 0.1 * Math.cos(c * i),
          );
          return g.constant(new Tensor(numbers, [1, 10, 1, 1]));
        });
        const distance = g.apply(subOperator, [norms[0], norms[1]], {});
        const mix = g.add(norms[1], g.apply(mulOperator, [rho, distance], {}));
        return g.add(g.apply(mulOperator, [mix, gamma], {}), beta);
      };
      const y = g.call(l.relu, mixed(g.call(l.first, x)));
      return mixed(g.add(y, mixed(g.call(l.second, y))));
    }),
    [2, 3, 9, 8],
  ],
  [
    'skips to decoders, of channels that are no multiples of four',
    tree(
      {
        enter: new Conv2d(3, 10, 3, { padding: 1 }),
        down: new MaxPool2d(2),
        norm: new InstanceNorm2d(10),
        inner: same(10),
        up: new Upsample({ scaleFactor: 2, mode: 'bilinear' }),
        leave: new Conv2d(23, 5, 3),
        pad: new ReflectionPad2d(1),
      },
      (g, x, l) => {
        const a = g.call(l.norm, g.call(l.enter, x));
        const b = g.call(l.norm, g.call(l.inner, g.call(l.down, a)));
        const joined = g.apply(catOperator, [x, a, g.call(l.up, b)], { dim: 1 });
        return g.call(l.leave, g.call(l.pad, joined));
      },
    ),
    [2, 3, 10, 14],
  ],
  [
    'pools, borders and pictures of other sides, one after the other',
    new Sequential(
      new ReplicationPad2d([2, 0, 1, 1]),
      new AvgPool2d(3, { stride: 1, padding: 1, countIncludePad: false }),
      new ZeroPad2d([-1, 2, 0, -1]),
      new MaxPool2d([3, 2], { stride: [2, 1], padding: 1, ceilMode: true }),
      new InstanceNorm2d(16, { affine: true }),
      new PReLU(16),
      new Hardtanh(-0.5, 0.75),
      new Upsample({ size: [19, 23], mode: 'bilinear', alignCorners: true }),
      new Conv2d(16, 6, 3, { padding: 1 }),
      new Upsample({ scaleFactor: [1.5, 3] }),
      new AdaptiveMaxPool2d([25, 31]),
      new AvgPool2d([7, 4], { stride: [5, 3], padding: [3, 2], ceilMode: true }),
    ),
    [1, 16, 12, 17],
  ],
  [
    'a border below alone, joined',
    tree({ pad: new ReplicationPad2d([0, 0, 0, 3]) }, (g, x, l) => {
      const y = g.call(l.pad, x);
      return g.apply(catOperator, [y, y], { dim: 1 });
    }),
    [1, 4, 5, 6],
  ],
  ['no pictures', new Sequential(new ReLU(), new Conv2d(3, 4, 3)), [0, 3, 5, 5]],
];

describe.each(engines)('trees on $name', ({ options, unavailable }) => {
  it.skipIf(unavailable !== null).each(TREES)('%s', async (_, module, shape) => {
    module.eval();
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.7) + i * 1e-4);
    const input = new Tensor(data, shape);
    const expected = await module.forward(input, { engine: 'js' });
    const program = await compile(module, { ...options, inputShape: shape });
    for (const blocking of [true, false]) {
      expectClose(await program.run(input, { blocking }), expected, {
        absolute: 5e-5,
        relative: 1e-5,
      });
    }
    expect(program.fallbacks).toEqual([]);
    program.dispose();
  });
});
