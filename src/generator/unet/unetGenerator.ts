import { ShapeError } from '../../errors.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Module } from '../../nn/module.js';
import { requireSides } from '../layers/requireSides.js';
import { type UnetNorm, UnetOutermostBlock, UnetSkipBlock } from './unetSkipBlock.js';

export interface UnetGeneratorOptions {
  /** Default: `batch`. Convolutions have biases with `instance`, and otherwise none. */
  readonly norm?: UnetNorm;
  /** Whether instance norms keep running statistics, as they did in PyTorch's versions of 2018. Default: false. */
  readonly tracked?: boolean;
  /** Whether levels of 8·ngf channels end in a Dropout, which is the identity in eval mode. Default: false. */
  readonly dropout?: boolean;
}

/** As many levels as the channels need that are doubled thrice. */
export const MIN_LEVELS = 5;

/**
 * The U-Net of pix2pix, `unet_128` with seven levels and `unet_256` with eight: `[N, inputNc, H, W]` → `[N, outputNc, H, W]`,
 * sides multiples of 2^numDowns.
 *
 * ```ts
 * const netG = new UnetGenerator(3, 3, 5, 4).eval();
 * (await netG.forward(Tensor.zeros([1, 3, 32, 64]))).shape; // [1, 3, 32, 64]
 * [...netG.stateDict().keys()].slice(0, 2); // ['model.model.0.weight', 'model.model.1.model.1.weight']
 * ```
 *
 * @see Isola et al., arXiv:1611.07004; junyanz/pytorch-CycleGAN-and-pix2pix, models/networks.py, UnetGenerator
 */
export class UnetGenerator extends Module {
  readonly numDowns: number;
  readonly model: UnetOutermostBlock;

  /**
   * @param numDowns Levels, each of half the sides: 7 for `unet_128`, 8 for `unet_256`.
   * @param ngf Channels of the first level; the following have 2, 4 and 8 times as many.
   * @throws ShapeError unless `numDowns` is a whole number from 5 up, and channels from 1 up.
   */
  constructor(
    inputNc: number,
    outputNc: number,
    numDowns: number,
    ngf = 64,
    { norm = 'batch', tracked = false, dropout = false }: UnetGeneratorOptions = {},
  ) {
    super();
    if (!Number.isInteger(numDowns) || numDowns < MIN_LEVELS) {
      throw new ShapeError(
        `UnetGenerator: numDowns must be a whole number from ${MIN_LEVELS} up, but got ${numDowns}.`,
      );
    }
    this.numDowns = numDowns;
    let block = new UnetSkipBlock(8 * ngf, 8 * ngf, null, { norm, tracked });
    for (let i = MIN_LEVELS; i < numDowns; i++) {
      block = new UnetSkipBlock(8 * ngf, 8 * ngf, block, { norm, tracked, dropout });
    }
    for (const times of [4, 2, 1]) {
      block = new UnetSkipBlock(times * ngf, 2 * times * ngf, block, { norm, tracked });
    }
    const outermost = new UnetOutermostBlock(inputNc, outputNc, ngf, block, norm);
    this.model = this.registerModule('model', outermost);
  }

  /** @throws ShapeError unless sides are multiples of 2^numDowns. */
  override trace(g: GraphBuilder, x: Value): Value {
    requireSides('UnetGenerator', x, { multipleOf: 2 ** this.numDowns });
    return g.call(this.model, x);
  }
}
