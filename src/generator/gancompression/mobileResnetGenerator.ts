import type { PaddingKind } from '../family.js';
import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { normLayer } from '../layers/normLayer.js';
import { resNetSequential } from '../layers/resNetSequential.js';
import { separableBlock } from './separableBlock.js';

export interface MobileResnetOptions {
  /** Default: `instance`. Convolutions before a batch norm have no biases. */
  readonly norm?: 'instance' | 'batch';
  /** Default: `reflect`. */
  readonly paddingType?: PaddingKind;
}

/**
 * gan-compression's teacher, `--netG mobile_resnet_9blocks`: `[N, inputNc, H, W]` in [−1, 1] →
 * `[N, outputNc, 4·⌈H/4⌉, 4·⌈W/4⌉]` in [−1, 1]. The convolutions of its blocks are separable.
 *
 * ```ts
 * const teacher = new MobileResnetGenerator(3, 3, 4, 1).eval();
 * (await teacher.forward(Tensor.zeros([1, 3, 22, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see Li et al., arXiv:2003.08936; mit-han-lab/gan-compression, mobile_resnet_generator.py, MobileResnetGenerator
 */
export class MobileResnetGenerator extends NamedSequential {
  /** @throws ShapeError unless counts are whole numbers, `nBlocks` from 0 and the others from 1 up. */
  constructor(
    inputNc: number,
    outputNc: number,
    ngf: number,
    nBlocks = 9,
    { norm = 'instance', paddingType = 'reflect' }: MobileResnetOptions = {},
  ) {
    checkCounts('MobileResnetGenerator', { inputNc, outputNc, ngf }, 1);
    checkCounts('MobileResnetGenerator', { nBlocks });
    const bias = norm === 'instance';
    const options = { norm, paddingType, bias };
    super({
      model: resNetSequential({
        inChannels: inputNc,
        outChannels: outputNc,
        down: [ngf, 2 * ngf, 4 * ngf],
        blocks: Array.from({ length: nBlocks }, () => separableBlock(4 * ngf, 4 * ngf, options)),
        up: [2 * ngf, ngf],
        norm: (channels) => normLayer(channels, { norm }),
        bias,
      }),
    });
  }
}
