import { Conv2d } from '../../nn/conv2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { ResidualSequence } from '../layers/residualSequence.js';
import { resNetSequential } from '../layers/resNetSequential.js';

export interface CycleNetOptions {
  /** Whether its instance norms keep running statistics, and use them in eval mode; earlier versions did not. Default: true. */
  readonly trackRunningStats?: boolean;
}

/**
 * Lornatang's CycleGAN generator: `[N, inChannels, H, W]` in [−1, 1] → `[N, outChannels, 4·⌈H/4⌉, 4·⌈W/4⌉]` in [−1, 1].
 * Its test script calls `eval()`, so that pictures are normalised by statistics of the training.
 *
 * ```ts
 * const cyclenet = new CycleNet(3, 3, 4, 1).eval();
 * (await cyclenet.forward(Tensor.zeros([1, 3, 22, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see Lornatang/CycleGAN-PyTorch, model.py, CycleNet
 */
export class CycleNet extends NamedSequential {
  /**
   * @param nBlocks Nine in the repository's class.
   * @throws ShapeError unless counts are whole numbers, `nBlocks` from 0 and the others from 1 up.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    channels: number,
    nBlocks = 9,
    { trackRunningStats = true }: CycleNetOptions = {},
  ) {
    checkCounts('CycleNet', { inChannels, outChannels, channels }, 1);
    checkCounts('CycleNet', { nBlocks });
    const norm = (width: number) => new InstanceNorm2d(width, { trackRunningStats });
    const block = (width: number) =>
      new ResidualSequence({
        res: new Sequential(
          new ReflectionPad2d(1),
          new Conv2d(width, width, 3),
          norm(width),
          new ReLU(true),
          new ReflectionPad2d(1),
          new Conv2d(width, width, 3),
          norm(width),
        ),
      });
    super({
      main: resNetSequential({
        inChannels,
        outChannels,
        down: [channels, 2 * channels, 4 * channels],
        blocks: Array.from({ length: nBlocks }, () => block(4 * channels)),
        up: [2 * channels, channels],
        norm,
        bias: true,
      }),
    });
  }
}
