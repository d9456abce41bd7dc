import { ResNetBlock } from '../../src/generator/resnet/resNetBlock.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { AvgPool2d } from '../../src/nn/avgPool2d.js';
import { BatchNorm2d } from '../../src/nn/batchNorm2d.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { Dropout } from '../../src/nn/dropout.js';
import { Hardtanh } from '../../src/nn/hardtanh.js';
import { Identity } from '../../src/nn/identity.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import { LeakyReLU } from '../../src/nn/leakyRelu.js';
import { MaxPool2d } from '../../src/nn/maxPool2d.js';
import { Module } from '../../src/nn/module.js';
import { ReflectionPad2d } from '../../src/nn/reflectionPad2d.js';
import { ReLU } from '../../src/nn/relu.js';
import { ReplicationPad2d } from '../../src/nn/replicationPad2d.js';
import { Sigmoid } from '../../src/nn/sigmoid.js';
import { Tanh } from '../../src/nn/tanh.js';
import { Upsample } from '../../src/nn/upsample.js';
import { ZeroPad2d } from '../../src/nn/zeroPad2d.js';
import { catOperator } from '../../src/tensor/cat.js';
import { clampOperator, resolveClamp } from '../../src/tensor/clamp.js';
import { mulOperator } from '../../src/tensor/mul.js';
import { type PadMode, padOperator, resolvePad } from '../../src/tensor/pad.js';
import type { PaddingSides } from '../../src/tensor/reflectionPad2d.js';
import type { Pair } from '../../src/tensor/shape.js';
import { sigmoidOperator } from '../../src/tensor/sigmoid.js';
import { tanhOperator } from '../../src/tensor/tanh.js';
import type { UpsampleMode } from '../../src/tensor/upsample.js';

/** Constructor arguments under PyTorch's names, as reference data gives them. */
export interface TorchParams {
  readonly padding?: Pair | PaddingSides;
  readonly in_channels?: number;
  readonly out_channels?: number;
  readonly kernel_size?: Pair;
  readonly stride?: Pair;
  readonly output_padding?: Pair;
  readonly dilation?: Pair;
  readonly groups?: number;
  readonly bias?: boolean;
  readonly num_features?: number;
  readonly eps?: number;
  readonly affine?: boolean;
  readonly track_running_stats?: boolean;
  readonly negative_slope?: number;
  readonly min_val?: number;
  readonly max_val?: number;
  readonly min?: number;
  readonly max?: number;
  readonly mask_of?: number;
  readonly mode?: string;
  readonly ceil_mode?: boolean;
  readonly count_include_pad?: boolean;
  readonly size?: Pair;
  readonly scale_factor?: Pair;
  readonly align_corners?: boolean;
  readonly channels?: readonly number[];
  readonly p?: number;
  readonly dim?: number;
  readonly input_nc?: number;
  readonly output_nc?: number;
  readonly ngf?: number;
  readonly n_blocks?: number;
}

/** Operators that have no class in `torch.nn`, as a module. */
class Applied extends Module {
  readonly #apply: (g: GraphBuilder, x: Value) => Value;

  constructor(apply: (g: GraphBuilder, x: Value) => Value) {
    super();
    this.#apply = apply;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return this.#apply(g, x);
  }
}

/** An operator of its input and the sigmoid of that, or of one channel that is made of `maskOf` channels. */
class Combined extends Module {
  readonly #combine: (g: GraphBuilder, a: Value, b: Value) => Value;
  readonly #conv: Module;

  constructor(combine: (g: GraphBuilder, a: Value, b: Value) => Value, maskOf?: number) {
    super();
    this.#combine = combine;
    const conv = maskOf === undefined ? new Identity() : new Conv2d(maskOf, 1, 1);
    this.#conv = this.registerModule('conv', conv);
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return this.#combine(g, x, g.apply(sigmoidOperator, [g.call(this.#conv, x)], {}));
  }
}

/** Its input, what a convolution makes of it, and its hyperbolic tangent, one behind the other. */
class Joined extends Module {
  readonly #dim: number;
  readonly #conv: Conv2d;

  constructor(dim: number, [from, to]: readonly [number, number]) {
    super();
    this.#dim = dim;
    this.#conv = this.registerModule('conv', new Conv2d(from, to, 1));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const parts = [x, g.call(this.#conv, x), g.apply(tanhOperator, [x], {})];
    return g.apply(catOperator, parts, { dim: this.#dim });
  }
}

/** The module of a PyTorch class by its name and arguments, in eval mode. */
export function moduleOf(op: string, p: TorchParams): Module {
  const build = BUILDERS[op];
  if (build === undefined) throw new Error(`No module for ${op}`);
  return build(p).eval();
}

const BUILDERS: Record<string, (p: TorchParams) => Module> = {
  Conv2d: (p) =>
    new Conv2d(Number(p.in_channels), Number(p.out_channels), p.kernel_size as Pair, {
      stride: p.stride,
      padding: p.padding as Pair,
      dilation: p.dilation,
      groups: p.groups,
      bias: p.bias,
    }),
  ConvTranspose2d: (p) =>
    new ConvTranspose2d(Number(p.in_channels), Number(p.out_channels), p.kernel_size as Pair, {
      stride: p.stride,
      padding: p.padding as Pair,
      outputPadding: p.output_padding,
      dilation: p.dilation,
      groups: p.groups,
      bias: p.bias,
    }),
  InstanceNorm2d: (p) => new InstanceNorm2d(Number(p.num_features), normOptions(p)),
  BatchNorm2d: (p) => new BatchNorm2d(Number(p.num_features), normOptions(p)),
  ReflectionPad2d: (p) => new ReflectionPad2d(p.padding as PaddingSides),
  ZeroPad2d: (p) => new ZeroPad2d(p.padding as PaddingSides),
  ReplicationPad2d: (p) => new ReplicationPad2d(p.padding as PaddingSides),
  Pad: (p) =>
    new Applied((g, x) =>
      g.apply(padOperator, [x], resolvePad(p.padding as PaddingSides, { mode: p.mode as PadMode })),
    ),
  ReLU: () => new ReLU(),
  LeakyReLU: (p) => new LeakyReLU(p.negative_slope),
  Sigmoid: () => new Sigmoid(),
  Tanh: () => new Tanh(),
  Hardtanh: (p) => new Hardtanh(p.min_val, p.max_val),
  Clamp: (p) => new Applied((g, x) => g.apply(clampOperator, [x], resolveClamp(p))),
  Add: (p) => new Combined((g, a, b) => g.add(a, b), p.mask_of),
  Mul: (p) => new Combined((g, a, b) => g.apply(mulOperator, [a, b], {}), p.mask_of),
  Cat: (p) => new Joined(Number(p.dim), p.channels as readonly [number, number]),
  Upsample: (p) =>
    new Upsample({
      size: p.size,
      scaleFactor: p.scale_factor,
      mode: p.mode as UpsampleMode,
      alignCorners: p.align_corners,
    }),
  MaxPool2d: (p) =>
    new MaxPool2d(p.kernel_size as Pair, { ...poolOptions(p), dilation: p.dilation }),
  AvgPool2d: (p) =>
    new AvgPool2d(p.kernel_size as Pair, {
      ...poolOptions(p),
      countIncludePad: p.count_include_pad,
    }),
  Dropout: (p) => new Dropout(p.p),
  ResNetBlock: (p) => new ResNetBlock(Number(p.dim)),
  ResNetGenerator: (p) => new ResNetGenerator(p.input_nc, p.output_nc, p.ngf, p.n_blocks),
};

function poolOptions(p: TorchParams) {
  return { stride: p.stride, padding: p.padding as Pair, ceilMode: p.ceil_mode };
}

function normOptions(p: TorchParams) {
  return { eps: p.eps, affine: p.affine, trackRunningStats: p.track_running_stats };
}
