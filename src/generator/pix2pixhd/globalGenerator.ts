import { ShapeError } from '../../errors.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Module } from '../../nn/module.js';
import { Sequential } from '../../nn/sequential.js';
import type { BlockOptions } from '../layers/normLayer.js';
import { ending, globalLayers, type Pix2PixHDNorm } from './globalLayers.js';

export interface GlobalGeneratorOptions extends Pick<BlockOptions, 'tracked' | 'paddingType'> {
  /** Default: `instance`, as its training script has it. */
  readonly norm?: Pix2PixHDNorm;
}

/**
 * pix2pixHD's generator at half the size: `[N, inputNc, H, W]` → `[N, outputNc, H', W']`, sides rounded up to a multiple of
 * 2^nDownsampling.
 *
 * ```ts
 * const netG = new GlobalGenerator(3, 3, 4, 3, 1).eval();
 * (await netG.forward(Tensor.zeros([1, 3, 24, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see Wang et al., arXiv:1711.11585; NVIDIA/pix2pixHD, models/networks.py, GlobalGenerator
 */
export class GlobalGenerator extends Module {
  readonly model: Sequential;

  /**
   * @param inputNc Channels of the input: 3 for pictures, more for label maps.
   * @throws ShapeError unless counts are whole numbers, `nBlocks` and `nDownsampling` from 0 and the others from 1 up.
   */
  constructor(
    inputNc: number,
    outputNc: number,
    ngf = 64,
    nDownsampling = 3,
    nBlocks = 9,
    options: GlobalGeneratorOptions = {},
  ) {
    super();
    if (![nDownsampling, nBlocks].every((count) => Number.isInteger(count) && count >= 0)) {
      throw new ShapeError(
        `GlobalGenerator: nDownsampling and nBlocks must be whole numbers from 0 up, but got ${nDownsampling} and ${nBlocks}.`,
      );
    }
    const layers = globalLayers(inputNc, ngf, nDownsampling, nBlocks, options);
    const model = new Sequential(...layers, ...ending(ngf, outputNc));
    this.model = this.registerModule('model', model);
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.model, x);
  }
}
