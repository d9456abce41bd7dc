import { ShapeError } from '../../errors.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Dropout } from '../../nn/dropout.js';
import { Module } from '../../nn/module.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { requireSides } from '../layers/requireSides.js';
import { concatenate } from '../layers/skipConnections.js';
import { UnetConvModule } from './unetConvModule.js';

export interface MmgenerationUnetOptions {
  /** Default: `batch`. Convolutions have biases with `instance`. */
  readonly norm?: 'batch' | 'instance';
  /** Whether levels of 8·baseChannels channels end in a Dropout, which is the identity in eval mode. Default: false. */
  readonly dropout?: boolean;
}

/** As many levels as the channels need that are doubled thrice. */
export const MIN_LEVELS = 5;

/**
 * The U-Net of mmgeneration's (and mmagic's) pix2pix: `[N, inChannels, H, W]` → `[N, outChannels, H, W]`, sides multiples of
 * 2^numDown; its pictures have blue first.
 *
 * ```ts
 * const net = new MmgenerationUnetGenerator(3, 3, 5, 4).eval();
 * (await net.forward(Tensor.zeros([1, 3, 32, 64]))).shape; // [1, 3, 32, 64]
 * [...net.stateDict().keys()][0]; // 'model.model.0.conv.weight'
 * ```
 *
 * @see Isola et al., arXiv:1611.07004; open-mmlab/mmgeneration, architectures/pix2pix, UnetGenerator
 */
export class MmgenerationUnetGenerator extends Module {
  readonly numDown: number;
  readonly model: UnetBlock;

  /**
   * @param numDown Levels, each of half the sides.
   * @param baseChannels Channels of the first level; the following have 2, 4 and 8 times as many.
   * @throws ShapeError unless `numDown` is a whole number from 5 up, and channels from 1 up.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    numDown = 8,
    baseChannels = 64,
    { norm = 'batch', dropout = false }: MmgenerationUnetOptions = {},
  ) {
    super();
    if (!Number.isInteger(numDown) || numDown < MIN_LEVELS) {
      throw new ShapeError(
        `MmgenerationUnetGenerator: numDown must be a whole number from ${MIN_LEVELS} up, but got ${numDown}.`,
      );
    }
    this.numDown = numDown;
    const most = 8 * baseChannels;
    let block = new UnetBlock(most, most, null, { norm });
    for (let i = MIN_LEVELS; i < numDown; i++) {
      block = new UnetBlock(most, most, block, { norm, dropout });
    }
    for (const times of [4, 2, 1]) {
      const outer = times * baseChannels;
      block = new UnetBlock(outer, 2 * outer, block, { norm });
    }
    const outermost = new UnetBlock(outChannels, baseChannels, block, { norm, inChannels });
    this.model = this.registerModule('model', outermost);
  }

  /** @throws ShapeError unless sides are multiples of 2^numDown. */
  override trace(g: GraphBuilder, x: Value): Value {
    requireSides('MmgenerationUnetGenerator', x, { multipleOf: 2 ** this.numDown });
    return g.call(this.model, x);
  }
}

interface UnetBlockOptions {
  readonly norm: 'batch' | 'instance';
  readonly dropout?: boolean;
  /** Of the outermost level, whose input is a picture. */
  readonly inChannels?: number;
}

/** A level and those below it. @see UnetSkipConnectionBlock */
class UnetBlock extends Module {
  readonly model: Sequential;
  readonly #down: UnetConvModule;
  readonly #rest: readonly Module[];
  readonly #isOutermost: boolean;

  constructor(outer: number, inner: number, submodule: Module | null, options: UnetBlockOptions) {
    super();
    const { norm, dropout = false, inChannels } = options;
    this.#isOutermost = inChannels !== undefined;
    const bias = norm === 'instance';
    this.#down = new UnetConvModule(inChannels ?? outer, inner, {
      direction: 'down',
      bias,
      activated: !this.#isOutermost,
      norm: this.#isOutermost || submodule === null ? undefined : norm,
    });
    const up = new UnetConvModule(submodule === null ? inner : 2 * inner, outer, {
      direction: 'up',
      bias: bias || this.#isOutermost,
      norm: this.#isOutermost ? undefined : norm,
    });
    const end = this.#isOutermost ? [new Tanh()] : dropout ? [new Dropout(0.5)] : [];
    this.#rest = [...(submodule === null ? [] : [submodule]), up, ...end];
    this.model = this.registerModule('model', new Sequential(this.#down, ...this.#rest));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    if (this.#isOutermost) return g.call(this.model, x);
    // The activation works in place: what is concatenated is its result.
    const activated = g.call(this.#down.activate, x);
    let y = this.#down.traceActivated(g, activated);
    for (const module of this.#rest) y = g.call(module, y);
    return concatenate(g, activated, y);
  }
}
