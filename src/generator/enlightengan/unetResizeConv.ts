import type { GraphBuilder, Value } from '../../graph/builder.js';
import { BatchNorm2d } from '../../nn/batchNorm2d.js';
import { Conv2d } from '../../nn/conv2d.js';
import { LeakyReLU } from '../../nn/leakyRelu.js';
import { MaxPool2d } from '../../nn/maxPool2d.js';
import { Module } from '../../nn/module.js';
import { avgPool2dOperator, resolveAvgPool2d } from '../../tensor/avgPool2d.js';
import { catOperator } from '../../tensor/cat.js';
import { conv2dOperator, resolveConv2d } from '../../tensor/conv2d.js';
import { mulOperator } from '../../tensor/mul.js';
import { padOperator } from '../../tensor/pad.js';
import { Tensor } from '../../tensor/tensor.js';
import { resolveUpsample, upsampleOperator } from '../../tensor/upsample.js';

export interface UnetResizeConvOptions {
  /** Channels behind the first convolution. Default: 32, as the class has it. */
  readonly width?: number;
  /** Whether a map of how dark the picture is guides the network (`--self_attention`, `--times_residual`). Default: true. */
  readonly selfAttention?: boolean;
  /** Whether batch norms follow activations (`--use_norm 1`). Default: true. */
  readonly useNorm?: boolean;
}

const SLOPE = 0.2;
/** Levels of the U-Net, the innermost counted. */
const LEVELS = 5;
/** Sides are padded to multiples of 2^(LEVELS − 1). */
const MULTIPLE = 2 ** (LEVELS - 1);
/** Wider pictures are halved before, and doubled afterwards. */
const MAX_WIDTH = 2200;
const TWICE = resolveUpsample({ scaleFactor: 2, mode: 'bilinear', alignCorners: false });

/** How dark a picture of [−1, 1] is, from 0 to 1: 1 − (0.299·(r + 1) + 0.587·(g + 1) + 0.114·(b + 1)) / 2. */
const DARKNESS = {
  weight: new Tensor(Float32Array.of(-0.1495, -0.2935, -0.057), [1, 3, 1, 1]),
  bias: new Tensor(Float32Array.of(0.5), [1]),
};

/**
 * EnlightenGAN's generator, which makes the light that a picture lacks: `[N, 3, H, W]` in [−1, 1] → `[N, 3, H, W]`, to be clamped
 * to [−1, 1]. It pads sides to multiples of 16, so they need nine pixels or so. Pictures of more than 2200 pixels' width are
 * halved first, and even sides come out of it.
 *
 * Interpolation is that of today's PyTorch, `align_corners=False`; the repository asks for version 0.3.1, which aligned corners.
 *
 * ```ts
 * const netG = new UnetResizeConv({ width: 2 }).eval();
 * (await netG.forward(Tensor.zeros([1, 3, 20, 33]))).shape; // [1, 3, 20, 33]
 * ```
 *
 * @see Jiang et al., arXiv:1906.06972; VITA-Group/EnlightenGAN, models/networks.py, Unet_resize_conv
 */
export class UnetResizeConv extends Module {
  readonly #selfAttention: boolean;
  readonly #pool: Module;
  /** The layers of each step, 1_1 to 9_2: a convolution, an activation, a norm. */
  readonly #steps = new Map<string, readonly Module[]>();
  readonly #deconvs = new Map<number, Module>();
  readonly #conv10: Module;

  /** @throws ShapeError unless the width is a whole number from 1 up. */
  constructor({ width = 32, selfAttention = true, useNorm = true }: UnetResizeConvOptions = {}) {
    super();
    this.#selfAttention = selfAttention;
    this.#pool = this.registerModule('max_pool', new MaxPool2d(2));
    const addLevel = (level: number, from: number, to: number, normed: readonly number[]) => {
      for (const step of [1, 2]) {
        const isNormed = useNorm && normed.includes(step);
        this.#addStep(`${level}_${step}`, step === 1 ? from : to, to, isNormed);
      }
    };
    addLevel(1, selfAttention ? 4 : 3, width, [1, 2]);
    for (let level = 2; level <= LEVELS; level++) {
      const to = width * 2 ** (level - 1);
      addLevel(level, to / 2, to, [1, 2]);
    }
    for (let level = LEVELS; level < 2 * LEVELS - 1; level++) {
      const from = width * 2 ** (2 * LEVELS - 1 - level);
      const deconv = new Conv2d(from, from / 2, 3, { padding: 1 });
      this.#deconvs.set(level, this.registerModule(`deconv${level}`, deconv));
      addLevel(level + 1, from, from / 2, level + 1 === 2 * LEVELS - 1 ? [1] : [1, 2]);
    }
    this.#conv10 = this.registerModule('conv10', new Conv2d(width, 3, 1));
  }

  override trace(g: GraphBuilder, picture: Value): Value {
    const [width] = picture.shape.slice(-1);
    if (width <= MAX_WIDTH) return this.#padded(g, picture);
    const half = g.apply(avgPool2dOperator, [picture], resolveAvgPool2d(2));
    return g.apply(upsampleOperator, [this.#padded(g, half)], TWICE);
  }

  /** Mirrors what lacks of a multiple, the larger part below and on the right, and takes it away from the result. */
  #padded(g: GraphBuilder, picture: Value): Value {
    const lacking = picture.shape
      .slice(-2)
      .map((side) => (MULTIPLE - (side % MULTIPLE)) % MULTIPLE);
    const [top, left] = lacking.map((pixels) => pixels >> 1);
    const [bottom, right] = [lacking[0] - top, lacking[1] - left];
    const mirrored = g.apply(padOperator, [picture], {
      mode: 'reflect',
      padding: [left, right, top, bottom],
    });
    return g.apply(padOperator, [this.#lightened(g, mirrored)], {
      mode: 'constant',
      padding: [-left, -right, -top, -bottom],
    });
  }

  #lightened(g: GraphBuilder, picture: Value): Value {
    const { weight, bias } = DARKNESS;
    const dark = this.#selfAttention
      ? g.apply(conv2dOperator, [picture, g.constant(weight), g.constant(bias)], resolveConv2d({}))
      : null;
    const masks: (Value | null)[] = [dark];
    for (let level = 1; level < LEVELS; level++) {
      const finer = masks[level - 1];
      masks.push(finer === null ? null : g.call(this.#pool, finer));
    }
    const input = dark === null ? picture : g.apply(catOperator, [picture, dark], { dim: -3 });
    const light = g.call(this.#conv10, this.#unet(g, input, masks));
    return g.add(masked(g, light, dark), picture);
  }

  /** @param masks One a level, the finest first. */
  #unet(g: GraphBuilder, input: Value, masks: readonly (Value | null)[]): Value {
    const skips: Value[] = [];
    let x = input;
    for (let level = 1; level < LEVELS; level++) {
      const skip = this.#step(g, `${level}_2`, this.#step(g, `${level}_1`, x));
      skips.push(masked(g, skip, masks[level - 1]));
      x = g.call(this.#pool, skip);
    }
    const innermost = masked(g, this.#step(g, `${LEVELS}_1`, x), masks[LEVELS - 1]);
    x = this.#step(g, `${LEVELS}_2`, innermost);
    for (const [level, deconv] of this.#deconvs) {
      const enlarged = g.call(deconv, g.apply(upsampleOperator, [x], TWICE));
      const skip = skips[2 * LEVELS - 2 - level];
      const both = g.apply(catOperator, [enlarged, skip], { dim: -3 });
      x = this.#step(g, `${level + 1}_2`, this.#step(g, `${level + 1}_1`, both));
    }
    return x;
  }

  #step(g: GraphBuilder, name: string, x: Value): Value {
    return (this.#steps.get(name) ?? []).reduce((value, layer) => g.call(layer, value), x);
  }

  #addStep(name: string, from: number, to: number, isNormed: boolean): void {
    const layers: Module[] = [
      this.registerModule(`conv${name}`, new Conv2d(from, to, 3, { padding: 1 })),
      this.registerModule(`LReLU${name}`, new LeakyReLU(SLOPE, true)),
    ];
    if (isNormed) layers.push(this.registerModule(`bn${name}`, new BatchNorm2d(to)));
    this.#steps.set(name, layers);
  }
}

function masked(g: GraphBuilder, x: Value, mask: Value | null): Value {
  return mask === null ? x : g.apply(mulOperator, [x, mask], {});
}
