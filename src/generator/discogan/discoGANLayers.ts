import { BatchNorm2d } from '../../nn/batchNorm2d.js';
import { Conv2d } from '../../nn/conv2d.js';
import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import { LeakyReLU } from '../../nn/leakyRelu.js';
import type { Module } from '../../nn/module.js';
import { ReLU } from '../../nn/relu.js';

const SLOPE = 0.2;
/** 4×4 convolutions that halve, and transposed ones that double. None have biases. */
const SCALING = { stride: 2, padding: 1, bias: false };
/** One without padding, from 4×4 to a single element, and back. */
const WHOLE = { bias: false };

/** What DiscoGAN's generators are made of. */
export interface DiscoGANPlan {
  readonly inChannels: number;
  readonly outChannels: number;
  /** Channels behind each halving. */
  readonly down: readonly number[];
  /** Channels of a layer that takes 4×4 together at the smallest size, and gives them back; `null` for none. */
  readonly latent: number | null;
  /** Channels behind each doubling but the last. */
  readonly up: readonly number[];
  readonly last: Module;
}

/** The modules of an encoder and a decoder without skips, in one list; there is no norm behind the first and the last of them. */
export function discoGANLayers(plan: DiscoGANPlan): Module[] {
  const { inChannels, outChannels, down, latent, up, last } = plan;
  const [first, ...halved] = down;
  const layers: Module[] = [new Conv2d(inChannels, first, 4, SCALING), new LeakyReLU(SLOPE, true)];
  let channels = first;
  const encode = (next: number, options: typeof SCALING | typeof WHOLE) => {
    layers.push(new Conv2d(channels, next, 4, options), new BatchNorm2d(next));
    layers.push(new LeakyReLU(SLOPE, true));
    channels = next;
  };
  const decode = (next: number, options: typeof SCALING | typeof WHOLE) => {
    layers.push(new ConvTranspose2d(channels, next, 4, options), new BatchNorm2d(next));
    layers.push(new ReLU(true));
    channels = next;
  };
  for (const next of halved) encode(next, SCALING);
  if (latent !== null) {
    const outside = channels;
    encode(latent, WHOLE);
    decode(outside, WHOLE);
  }
  for (const next of up) decode(next, SCALING);
  layers.push(new ConvTranspose2d(channels, outChannels, 4, SCALING), last);
  return layers;
}
