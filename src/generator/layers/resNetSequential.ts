import { Conv2d } from '../../nn/conv2d.js';
import type { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { doubling, halving } from './scalings.js';

/** What differs between generators of the CycleGAN authors' layout. */
export interface ResNetPlan {
  readonly inChannels: number;
  readonly outChannels: number;
  /** Channels behind the first convolution, and behind each halving. */
  readonly down: readonly number[];
  /** At the smallest size; they keep the channels. */
  readonly blocks: readonly Module[];
  /** Channels behind each doubling. */
  readonly up: readonly number[];
  readonly norm: (channels: number) => Module;
  /** Whether convolutions before a norm have a bias. */
  readonly bias: boolean;
}

/**
 * The CycleGAN authors' layout as one list of modules, so that indices are PyTorch's: `[N, inChannels, H, W]` →
 * `[N, outChannels, H', W']` in [−1, 1], sides rounded up to a multiple of 2 to the power of the halvings.
 *
 * @see Zhu et al., arXiv:1703.10593; Johnson et al., arXiv:1603.08155
 */
export function resNetSequential(plan: ResNetPlan): Sequential {
  const { inChannels, outChannels, down, blocks, up, norm, bias } = plan;
  const unit = (convolution: Module, channels: number) => [
    convolution,
    norm(channels),
    new ReLU(true),
  ];
  const [first, ...halved] = down;
  const layers: Module[] = [
    new ReflectionPad2d(3),
    ...unit(new Conv2d(inChannels, first, 7, { bias }), first),
  ];
  let channels = first;
  for (const next of halved) {
    layers.push(...unit(halving(channels, next, { bias }), next));
    channels = next;
  }
  layers.push(...blocks);
  for (const next of up) {
    layers.push(...unit(doubling(channels, next, { bias }), next));
    channels = next;
  }
  layers.push(new ReflectionPad2d(3), new Conv2d(channels, outChannels, 7), new Tanh());
  return new Sequential(...layers);
}
