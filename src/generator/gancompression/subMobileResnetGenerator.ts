import { ShapeError } from '../../errors.js';
import { Hardtanh } from '../../nn/hardtanh.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import type { PaddingKind } from '../family.js';
import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { resNetSequential } from '../layers/resNetSequential.js';
import { separableBlock } from './separableBlock.js';

/** The widths of a compressed generator, as gan-compression's `config_str` has them. */
export interface SubMobileWidths {
  /**
   * Six or eight numbers: behind the first convolution and the two halvings; within the blocks, one for all or one for each
   * three of them; behind the two doublings. In the layers' own channels, they are multiplied by 2 at half the size, and by 4
   * at a quarter.
   */
  readonly channels: readonly number[];
}

export interface SubMobileResnetOptions {
  /** Default: `reflect`. */
  readonly paddingType?: PaddingKind;
  /** Whether only the first of each three blocks has a width of its own, as in LegacySubMobileResnetGenerator. Default: false. */
  readonly legacy?: boolean;
}

/**
 * A generator that gan-compression made smaller, `--netG sub_mobile_resnet_9blocks`: `[N, inputNc, H, W]` in [−1, 1], what
 * lies beyond is clamped → `[N, outputNc, 4·⌈H/4⌉, 4·⌈W/4⌉]` in [−1, 1]. Instance norms.
 *
 * ```ts
 * const channels = [4, 2, 3, 2, 1, 2];
 * const student = new SubMobileResnetGenerator(3, 3, { channels }, 2).eval();
 * (await student.forward(Tensor.zeros([1, 3, 22, 32]))).shape; // [1, 3, 24, 32]
 * student.stateDict().get('model.10.conv_block.1.conv.2.weight')?.shape; // [8, 12, 1, 1]
 * ```
 *
 * @see Li et al., arXiv:2003.08936; mit-han-lab/gan-compression, sub_mobile_resnet_generator.py, SubMobileResnetGenerator
 */
export class SubMobileResnetGenerator extends NamedSequential {
  /** @throws ShapeError for widths that are not six or eight, and unless counts are whole numbers. */
  constructor(
    inputNc: number,
    outputNc: number,
    config: SubMobileWidths,
    nBlocks = 9,
    { paddingType = 'reflect', legacy = false }: SubMobileResnetOptions = {},
  ) {
    const { channels } = config;
    checkWidths(channels);
    checkCounts('SubMobileResnetGenerator', { inputNc, outputNc }, 1);
    checkCounts('SubMobileResnetGenerator', { nBlocks });
    const [first, half, quarter] = channels;
    const [up1, up2] = channels.slice(-2);
    const options = { norm: 'instance', paddingType, bias: true } as const;
    super({
      clamp: new Hardtanh(-1, 1),
      model: resNetSequential({
        inChannels: inputNc,
        outChannels: outputNc,
        down: [first, 2 * half, 4 * quarter],
        blocks: Array.from({ length: nBlocks }, (_, i) =>
          separableBlock(4 * quarter, 4 * hiddenWidth(channels, i, legacy), options),
        ),
        up: [2 * up1, up2],
        norm: (width) => new InstanceNorm2d(width),
        bias: true,
      }),
    });
  }
}

/** The width within a block: one for all, or one for each three blocks, the last also for those that follow. */
function hiddenWidth(channels: readonly number[], block: number, legacy: boolean): number {
  if (legacy && block % 3 > 0) return channels[2];
  return channels.length === 6 ? channels[3] : channels[3 + Math.min(2, Math.floor(block / 3))];
}

function checkWidths(channels: readonly number[]): void {
  if (channels.length !== 6 && channels.length !== 8) {
    throw new ShapeError(
      `SubMobileResnetGenerator: channels must be 6 or 8 numbers, but there are ${channels.length}.`,
    );
  }
  const named = channels.map((value, i) => [`channels[${i}]`, value] as const);
  checkCounts('SubMobileResnetGenerator', Object.fromEntries(named), 1);
}
