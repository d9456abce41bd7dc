import { ResNetBlock } from '../../src/generator/layers/resNetBlock.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { AdaptiveAvgPool2d } from '../../src/nn/adaptiveAvgPool2d.js';
import { AdaptiveMaxPool2d } from '../../src/nn/adaptiveMaxPool2d.js';
import { AvgPool2d } from '../../src/nn/avgPool2d.js';
import { BatchNorm2d } from '../../src/nn/batchNorm2d.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { Dropout } from '../../src/nn/dropout.js';
import { Flatten } from '../../src/nn/flatten.js';
import { GroupNorm } from '../../src/nn/groupNorm.js';
import { Hardtanh } from '../../src/nn/hardtanh.js';
import { Identity } from '../../src/nn/identity.js';
import { InstanceNorm2d } from '../../src/nn/instanceNorm2d.js';
import { LeakyReLU } from '../../src/nn/leakyRelu.js';
import { Linear } from '../../src/nn/linear.js';
import { MaxPool2d } from '../../src/nn/maxPool2d.js';
import { Module } from '../../src/nn/module.js';
import { Parameter } from '../../src/nn/parameter.js';
import { PixelShuffle } from '../../src/nn/pixelShuffle.js';
import { PReLU } from '../../src/nn/prelu.js';
import { ReflectionPad2d } from '../../src/nn/reflectionPad2d.js';
import { ReLU } from '../../src/nn/relu.js';
import { ReplicationPad2d } from '../../src/nn/replicationPad2d.js';
import { Sigmoid } from '../../src/nn/sigmoid.js';
import { Softmax } from '../../src/nn/softmax.js';
import { Tanh } from '../../src/nn/tanh.js';
import { Upsample } from '../../src/nn/upsample.js';
import { ZeroPad2d } from '../../src/nn/zeroPad2d.js';
import { adaptiveAvgPool2dOperator } from '../../src/tensor/adaptiveAvgPool2d.js';
import { addOperator } from '../../src/tensor/add.js';
import { catOperator } from '../../src/tensor/cat.js';
import { clampOperator, resolveClamp } from '../../src/tensor/clamp.js';
import { divOperator } from '../../src/tensor/div.js';
import {
  type GroupNormOptions,
  groupNormOperator,
  resolveGroupNorm,
} from '../../src/tensor/groupNorm.js';
import { mulOperator } from '../../src/tensor/mul.js';
import { narrowOperator } from '../../src/tensor/narrow.js';
import type { NoAttributes, Operator } from '../../src/tensor/operator.js';
import { type PadMode, padOperator, resolvePad } from '../../src/tensor/pad.js';
import type { PaddingSides } from '../../src/tensor/reflectionPad2d.js';
import { reshapeOperator, resolveReshape } from '../../src/tensor/reshape.js';
import type { Pair } from '../../src/tensor/shape.js';
import { sigmoidOperator } from '../../src/tensor/sigmoid.js';
import { subOperator } from '../../src/tensor/sub.js';
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
  readonly num_groups?: number;
  readonly num_channels?: number;
  readonly eps_outside?: boolean;
  readonly eps?: number;
  readonly affine?: boolean;
  readonly track_running_stats?: boolean;
  readonly negative_slope?: number;
  readonly min_val?: number;
  readonly max_val?: number;
  readonly min?: number;
  readonly max?: number;
  readonly mask_of?: number;
  readonly pooled?: boolean;
  readonly parameter?: readonly number[];
  readonly reversed?: boolean;
  readonly mode?: string;
  readonly ceil_mode?: boolean;
  readonly count_include_pad?: boolean;
  readonly size?: Pair;
  readonly scale_factor?: Pair;
  readonly align_corners?: boolean;
  readonly channels?: readonly number[];
  readonly p?: number;
  readonly dim?: number;
  readonly upscale_factor?: number;
  readonly output_size?: Pair;
  readonly in_features?: number;
  readonly out_features?: number;
  readonly start_dim?: number;
  readonly end_dim?: number;
  readonly shape?: readonly number[];
  readonly view?: readonly number[];
  readonly num_parameters?: number;
  readonly start?: number;
  readonly length?: number;
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

/** A group norm by options that torch.nn.GroupNorm does not have. */
class UnusualNorm extends Module {
  readonly #numGroups: number;
  readonly #options: GroupNormOptions;
  readonly #weight: Parameter;
  readonly #bias: Parameter;

  constructor(numGroups: number, numChannels: number, options: GroupNormOptions) {
    super();
    this.#numGroups = numGroups;
    this.#options = options;
    this.#weight = this.registerParameter('weight', Parameter.filled([numChannels], 1));
    this.#bias = this.registerParameter('bias', Parameter.filled([numChannels], 0));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const operands = [x, g.parameter(this.#weight), g.parameter(this.#bias)] as const;
    return g.apply(groupNormOperator, operands, resolveGroupNorm(this.#numGroups, this.#options));
  }
}

/**
 * An operator of its input and the sigmoid of that, or of one channel that is made of `mask_of` channels, or of the mean of these;
 * or a parameter of that shape, in another one.
 */
class Combined extends Module {
  readonly #operator: Operator<NoAttributes, readonly ['a', 'b']>;
  readonly #conv: Module;
  readonly #weight: Parameter | null;
  readonly #params: TorchParams;

  constructor(operator: Operator<NoAttributes, readonly ['a', 'b']>, params: TorchParams) {
    super();
    const { mask_of: maskOf, parameter } = params;
    this.#operator = operator;
    this.#params = params;
    const conv = maskOf === undefined ? new Identity() : new Conv2d(maskOf, 1, 1);
    this.#conv = this.registerModule('conv', conv);
    const weight = parameter === undefined ? null : Parameter.filled(parameter, 1);
    this.#weight = this.registerParameter('weight', weight);
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const { pooled, reversed, view } = this.#params;
    let other =
      this.#weight === null
        ? g.apply(sigmoidOperator, [g.call(this.#conv, x)], {})
        : g.parameter(this.#weight);
    if (view) other = g.apply(reshapeOperator, [other], resolveReshape(other.shape, view));
    if (pooled) other = g.apply(adaptiveAvgPool2dOperator, [other], { outputSize: [1, 1] });
    return g.apply(this.#operator, reversed ? [other, x] : [x, other], {});
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
  GroupNorm: (p) => new GroupNorm(Number(p.num_groups), Number(p.num_channels), normOptions(p)),
  UnbiasedNorm: (p) =>
    new UnusualNorm(Number(p.num_groups), Number(p.num_channels), {
      correction: 1,
      epsOutside: p.eps_outside,
    }),
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
  Narrow: (p) => {
    const part = { dim: Number(p.dim), start: Number(p.start), length: Number(p.length) };
    return new Applied((g, x) => g.apply(narrowOperator, [x], part));
  },
  PixelShuffle: (p) => new PixelShuffle(Number(p.upscale_factor)),
  Softmax: (p) => new Softmax(Number(p.dim)),
  Sigmoid: () => new Sigmoid(),
  PReLU: (p) => new PReLU(p.num_parameters),
  Tanh: () => new Tanh(),
  Hardtanh: (p) => new Hardtanh(p.min_val, p.max_val),
  Clamp: (p) => new Applied((g, x) => g.apply(clampOperator, [x], resolveClamp(p))),
  Add: (p) => new Combined(addOperator, p),
  Mul: (p) => new Combined(mulOperator, p),
  Sub: (p) => new Combined(subOperator, p),
  Div: (p) => new Combined(divOperator, p),
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
  AdaptiveAvgPool2d: (p) => new AdaptiveAvgPool2d(p.output_size as Pair),
  AdaptiveMaxPool2d: (p) => new AdaptiveMaxPool2d(p.output_size as Pair),
  Linear: (p) => new Linear(Number(p.in_features), Number(p.out_features), { bias: p.bias }),
  Flatten: (p) => new Flatten(p.start_dim, p.end_dim),
  Reshape: (p) => {
    const shape = p.shape ?? [];
    return new Applied((g, x) => g.apply(reshapeOperator, [x], resolveReshape(x.shape, shape)));
  },
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
