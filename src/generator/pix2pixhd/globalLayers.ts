import { Conv2d } from '../../nn/conv2d.js';
import type { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Tanh } from '../../nn/tanh.js';
import { type BlockOptions, normLayer } from '../layers/normLayer.js';
import { ResNetBlock } from '../layers/resNetBlock.js';
import * as scalings from '../layers/scalings.js';

/** pix2pixHD's norms; convolutions have biases with either. */
export type Pix2PixHDNorm = 'instance' | 'batch';

/** What differs between generators of one size. */
export interface Pix2PixHDOptions extends Pick<BlockOptions, 'tracked' | 'paddingType'> {
  readonly norm?: Pix2PixHDNorm;
}

/** `[N, inputNc, H, W]` → `[N, ngf, H, W]`. */
export function beginning(inputNc: number, ngf: number, options: Pix2PixHDOptions): Module[] {
  return [new ReflectionPad2d(3), new Conv2d(inputNc, ngf, 7), ...normAndReLU(ngf, options)];
}

/** `[N, channels, H, W]` → `[N, 2·channels, H / 2, W / 2]`, rounded up. */
export function halving(channels: number, options: Pix2PixHDOptions): Module[] {
  return [scalings.halving(channels, 2 * channels), ...normAndReLU(2 * channels, options)];
}

export function residualBlocks(
  channels: number,
  count: number,
  options: Pix2PixHDOptions,
): Module[] {
  return Array.from({ length: count }, () => new ResNetBlock(channels, { ...options, bias: true }));
}

/** `[N, channels, H, W]` → `[N, channels / 2, 2H, 2W]`. */
export function doubling(channels: number, options: Pix2PixHDOptions): Module[] {
  return [scalings.doubling(channels, channels / 2), ...normAndReLU(channels / 2, options)];
}

/** `[N, ngf, H, W]` → `[N, outputNc, H, W]`. */
export function ending(ngf: number, outputNc: number): Module[] {
  return [new ReflectionPad2d(3), new Conv2d(ngf, outputNc, 7), new Tanh()];
}

/** The global generator but for its ending. */
export function globalLayers(
  inputNc: number,
  ngf: number,
  nDownsampling: number,
  nBlocks: number,
  options: Pix2PixHDOptions,
): Module[] {
  const channels = Array.from({ length: nDownsampling }, (_, i) => ngf * 2 ** i);
  return [
    ...beginning(inputNc, ngf, options),
    ...channels.flatMap((narrow) => halving(narrow, options)),
    ...residualBlocks(ngf * 2 ** nDownsampling, nBlocks, options),
    ...channels.toReversed().flatMap((narrow) => doubling(2 * narrow, options)),
  ];
}

function normAndReLU(channels: number, options: Pix2PixHDOptions): Module[] {
  return [normLayer(channels, options), new ReLU(true)];
}
