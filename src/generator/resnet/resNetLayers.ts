import { Conv2d } from '../../nn/conv2d.js';
import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import type { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { type GeneratorConfig, normLayer } from './options.js';
import { ResNetBlock } from './resNetBlock.js';

/** How often the picture is halved on the way in and doubled on the way out. */
const SCALINGS = 2;

/** Where the residual blocks begin, behind three convolutions with norm and activation and one pad. */
export const FIRST_BLOCK = 1 + 3 * (1 + SCALINGS);

/** Where the last convolution stands behind the last block, after two transposed ones and a pad. */
export const LAST_CONVOLUTION = 1 + 3 * SCALINGS;

/** The layers of a ResNet generator, module index by module index as PyTorch has them: `1.weight` … `26.bias`. */
export function resNetLayers(config: GeneratorConfig): Sequential {
  const { inputNc, outputNc, ngf, nBlocks, bias } = config;
  const model: Module[] = [
    new ReflectionPad2d(3),
    new Conv2d(inputNc, ngf, 7, { bias }),
    normLayer(ngf, config),
    new ReLU(true),
  ];
  for (let i = 0; i < SCALINGS; i++) {
    const dim = ngf * 2 ** i;
    model.push(
      new Conv2d(dim, dim * 2, 3, { stride: 2, padding: 1, bias }),
      normLayer(dim * 2, config),
      new ReLU(true),
    );
  }
  for (let i = 0; i < nBlocks; i++) model.push(new ResNetBlock(ngf * 2 ** SCALINGS, config));
  for (let i = SCALINGS; i > 0; i--) {
    const dim = ngf * 2 ** i;
    model.push(
      new ConvTranspose2d(dim, dim / 2, 3, { stride: 2, padding: 1, outputPadding: 1, bias }),
      normLayer(dim / 2, config),
      new ReLU(true),
    );
  }
  model.push(new ReflectionPad2d(3), new Conv2d(ngf, outputNc, 7), new Tanh());
  return new Sequential(...model);
}
