import { Conv2d } from '../../nn/conv2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import type { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Upsample } from '../../nn/upsample.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { ResidualSequence } from '../layers/residualSequence.js';

/** A convolution with a mirrored border of half its kernel: `[N, inChannels, H, W]` → `[N, outChannels, ⌈H/stride⌉, ⌈W/stride⌉]`. */
export function convLayer(
  inChannels: number,
  outChannels: number,
  kernelSize: number,
  stride = 1,
): Module {
  return new NamedSequential({
    reflection_pad: new ReflectionPad2d(kernelSize >> 1),
    conv2d: new Conv2d(inChannels, outChannels, kernelSize, { stride }),
  });
}

/** A 3×3 convolution of a picture that nearest neighbours doubled: `[N, inChannels, H, W]` → `[N, outChannels, 2·H, 2·W]`. */
export function upsampleConvLayer(inChannels: number, outChannels: number): Module {
  return new NamedSequential({
    upsample_layer: new Upsample({ scaleFactor: 2 }),
    reflection_pad: new ReflectionPad2d(1),
    conv2d: new Conv2d(inChannels, outChannels, 3),
  });
}

/** Two convolutions with norms, to which the input is added: `[N, channels, H, W]` keep their shape. */
export function residualBlock(channels: number): Module {
  return new ResidualSequence({
    conv1: convLayer(channels, channels, 3),
    in1: new InstanceNorm2d(channels, { affine: true }),
    relu: new ReLU(),
    conv2: convLayer(channels, channels, 3),
    in2: new InstanceNorm2d(channels, { affine: true }),
  });
}
