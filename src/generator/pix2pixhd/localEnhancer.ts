import { ShapeError } from '../../errors.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import { AvgPool2d } from '../../nn/avgPool2d.js';
import { Module } from '../../nn/module.js';
import { Sequential } from '../../nn/sequential.js';
import { requireSides } from '../layers/requireSides.js';
import {
  beginning,
  doubling,
  ending,
  globalLayers,
  halving,
  type Pix2PixHDNorm,
  residualBlocks,
} from './globalLayers.js';

export interface LocalEnhancerOptions {
  /** Default: `instance`, as its training script has it. */
  readonly norm?: Pix2PixHDNorm;
  /** Whether instance norms keep running statistics, as they did in PyTorch's versions of 2018. Default: false. */
  readonly tracked?: boolean;
}

/** What is done at one size: the picture is halved, what the smaller size gave is added, and the sum is doubled. */
interface Enhancer {
  readonly down: Module;
  readonly up: Module;
}

/**
 * pix2pixHD's generator at full size: `[N, inputNc, H, W]` → `[N, outputNc, H, W]`, sides multiples of
 * 2^(nDownsampleGlobal + nLocalEnhancers).
 *
 * ```ts
 * const netG = new LocalEnhancer(3, 3, 2, 2, 1, 1, 1).eval();
 * (await netG.forward(Tensor.zeros([1, 3, 24, 32]))).shape; // [1, 3, 24, 32]
 * [...netG.stateDict().keys()].at(-1); // 'model1_2.5.bias'
 * ```
 *
 * @see Wang et al., arXiv:1711.11585; NVIDIA/pix2pixHD, models/networks.py, LocalEnhancer
 */
export class LocalEnhancer extends Module {
  readonly model: Sequential;
  readonly downsample: AvgPool2d;
  readonly multipleOf: number;
  readonly #enhancers: readonly Enhancer[];

  /**
   * @param inputNc Channels of the input: 3 for pictures, more for label maps.
   * @param ngf Channels at full size.
   * @throws ShapeError unless counts are whole numbers, of halvings and blocks from 0 and the others from 1 up.
   */
  constructor(
    inputNc: number,
    outputNc: number,
    ngf = 32,
    nDownsampleGlobal = 3,
    nBlocksGlobal = 9,
    nLocalEnhancers = 1,
    nBlocksLocal = 3,
    { norm = 'instance', tracked = false }: LocalEnhancerOptions = {},
  ) {
    super();
    const counts = { nDownsampleGlobal, nBlocksGlobal, nLocalEnhancers, nBlocksLocal };
    for (const [name, count] of Object.entries(counts)) {
      const least = name === 'nLocalEnhancers' ? 1 : 0;
      if (Number.isInteger(count) && count >= least) continue;
      throw new ShapeError(
        `LocalEnhancer: ${name} must be a whole number from ${least} up, but got ${count}.`,
      );
    }
    this.multipleOf = 2 ** (nDownsampleGlobal + nLocalEnhancers);
    const smallest = ngf * 2 ** nLocalEnhancers;
    const options = { norm, tracked };
    const layers = globalLayers(inputNc, smallest, nDownsampleGlobal, nBlocksGlobal, options);
    this.model = this.registerModule('model', new Sequential(...layers));
    this.#enhancers = Array.from({ length: nLocalEnhancers }, (_, i) => {
      const channels = smallest / 2 ** (i + 1);
      const down = [...beginning(inputNc, channels, options), ...halving(channels, options)];
      const up = [
        ...residualBlocks(2 * channels, nBlocksLocal, options),
        ...doubling(2 * channels, options),
        ...(i === nLocalEnhancers - 1 ? ending(channels, outputNc) : []),
      ];
      return {
        down: this.registerModule(`model${i + 1}_1`, new Sequential(...down)),
        up: this.registerModule(`model${i + 1}_2`, new Sequential(...up)),
      };
    });
    const pool = new AvgPool2d(3, { stride: 2, padding: 1, countIncludePad: false });
    this.downsample = this.registerModule('downsample', pool);
  }

  /** @throws ShapeError unless sides are multiples of 2^(nDownsampleGlobal + nLocalEnhancers). */
  override trace(g: GraphBuilder, x: Value): Value {
    requireSides('LocalEnhancer', x, this);
    const pictures = [x];
    for (const _ of this.#enhancers) pictures.unshift(g.call(this.downsample, pictures[0]));
    let y = g.call(this.model, pictures[0]);
    for (const [index, { down, up }] of this.#enhancers.entries()) {
      y = g.call(up, g.add(g.call(down, pictures[index + 1]), y));
    }
    return y;
  }
}
