import { Conv2d, type Conv2dModuleOptions } from '../../nn/conv2d.js';
import { ConvTranspose2d, type ConvTranspose2dModuleOptions } from '../../nn/convTranspose2d.js';

/** A 3×3 convolution to half the size, sides rounded up: `[N, inChannels, H, W]` → `[N, outChannels, ⌈H/2⌉, ⌈W/2⌉]`. */
export function halving(
  inChannels: number,
  outChannels: number,
  options: Pick<Conv2dModuleOptions, 'bias' | 'paddingMode'> = {},
): Conv2d {
  return new Conv2d(inChannels, outChannels, 3, { ...options, stride: 2, padding: 1 });
}

/** A transposed 3×3 convolution to twice the size: `[N, inChannels, H, W]` → `[N, outChannels, 2·H, 2·W]`. */
export function doubling(
  inChannels: number,
  outChannels: number,
  options: Pick<ConvTranspose2dModuleOptions, 'bias'> = {},
): ConvTranspose2d {
  const sides = { stride: 2, padding: 1, outputPadding: 1 };
  return new ConvTranspose2d(inChannels, outChannels, 3, { ...options, ...sides });
}
