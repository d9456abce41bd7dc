import { BatchNorm2d } from '../../nn/batchNorm2d.js';
import { Conv2d } from '../../nn/conv2d.js';
import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import { LeakyReLU } from '../../nn/leakyRelu.js';
import type { Module } from '../../nn/module.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';

const SLOPE = 0.05;
const SCALING = { stride: 2, padding: 1, bias: false };
const KEEPING = { padding: 1, bias: false };

/** The layers of G12 and G21 by name; the two differ in their channels alone. */
export function transferLayers(
  inChannels: number,
  outChannels: number,
  convDim: number,
): Record<string, Module> {
  const [one, two] = [convDim, 2 * convDim];
  const unit = (convolution: Module, channels: number) =>
    new Sequential(convolution, new BatchNorm2d(channels));
  return {
    conv1: unit(new Conv2d(inChannels, one, 4, SCALING), one),
    relu1: new LeakyReLU(SLOPE),
    conv2: unit(new Conv2d(one, two, 4, SCALING), two),
    relu2: new LeakyReLU(SLOPE),
    conv3: unit(new Conv2d(two, two, 3, KEEPING), two),
    relu3: new LeakyReLU(SLOPE),
    conv4: unit(new Conv2d(two, two, 3, KEEPING), two),
    relu4: new LeakyReLU(SLOPE),
    deconv1: unit(new ConvTranspose2d(two, one, 4, SCALING), one),
    relu5: new LeakyReLU(SLOPE),
    deconv2: new Sequential(new ConvTranspose2d(one, outChannels, 4, SCALING)),
    tanh: new Tanh(),
  };
}
