import type { Sequential } from '../../nn/sequential.js';
import { normLayer } from '../layers/normLayer.js';
import { ResNetBlock } from '../layers/resNetBlock.js';
import { resNetSequential } from '../layers/resNetSequential.js';
import type { GeneratorConfig } from './options.js';

/** How often the picture is halved on the way in and doubled on the way out. */
const SCALINGS = 2;

/** Where the residual blocks begin, behind three convolutions with norm and activation and one pad. */
export const FIRST_BLOCK = 1 + 3 * (1 + SCALINGS);

/** Where the last convolution stands behind the last block, after two transposed ones and a pad. */
export const LAST_CONVOLUTION = 1 + 3 * SCALINGS;

/** The layers of a ResNet generator, module index by module index as PyTorch has them: `1.weight` … `26.bias`. */
export function resNetLayers(config: GeneratorConfig): Sequential {
  const { inputNc, outputNc, ngf, nBlocks, bias } = config;
  return resNetSequential({
    inChannels: inputNc,
    outChannels: outputNc,
    down: [ngf, 2 * ngf, 4 * ngf],
    blocks: Array.from({ length: nBlocks }, () => new ResNetBlock(4 * ngf, config)),
    up: [2 * ngf, ngf],
    norm: (channels) => normLayer(channels, config),
    bias,
  });
}
