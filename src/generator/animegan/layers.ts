import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { GroupNorm } from '../../nn/groupNorm.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { LeakyReLU } from '../../nn/leakyRelu.js';
import { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { resolveUpsample, upsampleOperator } from '../../tensor/upsample.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { ResidualSequence } from '../layers/residualSequence.js';

/** What lies around pictures: earlier versions of the repository had zeros, later ones mirror. */
export type Padding = 'reflect' | 'zero';

const SLOPE = 0.2;
const HALF = resolveUpsample({ scaleFactor: 0.5, mode: 'bilinear', alignCorners: false });
const TWICE = resolveUpsample({ scaleFactor: 2, mode: 'bilinear', alignCorners: false });

export interface ConvBlockOptions {
  readonly kernelSize?: number;
  readonly stride?: 1 | 2;
  readonly groups?: number;
  readonly bias?: boolean;
  readonly padding: Padding;
  /** By channel, or by picture. Default: `instance`. */
  readonly norm?: 'instance' | 'layer';
}

/**
 * Convolution, norm, LeakyReLU: `[N, channels, H, W]` → `[N, outChannels, H, W]`. With stride 2, a row and a column are mirrored
 * below and on the right, so that sides are halved and rounded down.
 */
export class ConvBlock extends NamedSequential {
  constructor(channels: number, outChannels: number, options: ConvBlockOptions) {
    const { kernelSize = 3, stride = 1, groups = 1, bias = false, padding, norm } = options;
    const border = kernelSize >> 1;
    const isReflect = padding === 'reflect';
    const sides = { stride, padding: isReflect ? 0 : border, groups, bias };
    super({
      ...(isReflect ? { pad: new ReflectionPad2d(stride === 2 ? [0, 1, 0, 1] : border) } : {}),
      conv: new Conv2d(channels, outChannels, kernelSize, sides),
      ins_norm: norm === 'layer' ? new GroupNorm(1, outChannels) : new InstanceNorm2d(outChannels),
      activation: new LeakyReLU(SLOPE, true),
    });
  }
}

/** Two convolutions, 3×3 in each channel and 1×1 across, each with norm and LeakyReLU; zeros around. */
export class SeparableConv2D extends NamedSequential {
  constructor(inChannels: number, outChannels: number, stride = 1) {
    const sides = { stride, padding: 1, groups: inChannels, bias: false };
    super({
      depthwise: new Conv2d(inChannels, inChannels, 3, sides),
      ins_norm1: new InstanceNorm2d(inChannels),
      activation1: new LeakyReLU(SLOPE, true),
      pointwise: new Conv2d(inChannels, outChannels, 1, { bias: false }),
      ins_norm2: new InstanceNorm2d(outChannels),
      activation2: new LeakyReLU(SLOPE, true),
    });
  }
}

/** Halves pictures twice over, by stride and by interpolation, and adds: `[N, C, H, W]` → `[N, C, H/2, W/2]`, sides even. */
export class DownConv extends Module {
  readonly #conv1: Module;
  readonly #conv2: Module;

  constructor(channels: number) {
    super();
    this.#conv1 = this.registerModule('conv1', new SeparableConv2D(channels, channels, 2));
    this.#conv2 = this.registerModule('conv2', new SeparableConv2D(channels, channels));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const strided = g.call(this.#conv1, x);
    return g.add(strided, g.call(this.#conv2, g.apply(upsampleOperator, [x], HALF)));
  }
}

/** Doubles pictures by interpolation, and convolves: `[N, C, H, W]` → `[N, C, 2·H, 2·W]`. */
export class UpConv extends Module {
  readonly #conv: Module;

  constructor(channels: number) {
    super();
    this.#conv = this.registerModule('conv', new SeparableConv2D(channels, channels));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.#conv, g.apply(upsampleOperator, [x], TWICE));
  }
}

/**
 * Widens to twice the channels, convolves each, and narrows again; the input is added. Earlier versions have other names, and
 * zeros around: `depthwise_conv` in place of `conv_block2`.
 */
export class InvertedResBlock extends ResidualSequence {
  constructor(channels: number, padding: Padding) {
    const wide = 2 * channels;
    const conv = new Conv2d(wide, channels, 1, { bias: false });
    const norm = new InstanceNorm2d(channels);
    const widening = new ConvBlock(channels, wide, { kernelSize: 1, padding });
    super({
      conv_block: widening,
      ...(padding === 'reflect' ? mirrored(wide) : zeroPadded(wide)),
      conv,
      [padding === 'reflect' ? 'norm' : 'ins_norm2']: norm,
    });
  }
}

/** The same with norms of whole pictures, to other channels if need be; the input is added where there are as many. */
export function layerNormBlock(channels: number, outChannels: number): Module {
  const wide = 2 * channels;
  const options = { padding: 'reflect', norm: 'layer' } as const;
  const layers = {
    conv_block: new ConvBlock(channels, wide, { ...options, kernelSize: 1 }),
    conv_block2: new ConvBlock(wide, wide, { ...options, groups: wide, bias: true }),
    conv: new Conv2d(wide, outChannels, 1, { bias: false }),
    norm: new GroupNorm(1, outChannels),
  };
  return channels === outChannels ? new ResidualSequence(layers) : new NamedSequential(layers);
}

function mirrored(channels: number): Record<string, Module> {
  const options = { groups: channels, bias: true, padding: 'reflect' } as const;
  return { conv_block2: new ConvBlock(channels, channels, options) };
}

function zeroPadded(channels: number): Record<string, Module> {
  const options = { padding: 1, groups: channels, bias: false };
  return {
    depthwise_conv: new Conv2d(channels, channels, 3, options),
    ins_norm1: new InstanceNorm2d(channels),
    activation: new LeakyReLU(SLOPE, true),
  };
}
