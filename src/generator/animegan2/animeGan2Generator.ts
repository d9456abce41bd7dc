import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { GroupNorm } from '../../nn/groupNorm.js';
import { LeakyReLU } from '../../nn/leakyRelu.js';
import { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import type { PaddingSides } from '../../tensor/reflectionPad2d.js';
import { resolveUpsample, upsampleOperator } from '../../tensor/upsample.js';
import { checkCounts } from '../layers/checkCounts.js';
import { NamedSequential } from '../layers/namedSequential.js';
import { ResidualSequence } from '../layers/residualSequence.js';

export interface AnimeGan2GeneratorOptions {
  /** Channels behind the first convolution. Default: 32, as the class has it. */
  readonly width?: number;
  /** Inverted residual blocks. Default: 4, as the class has it. */
  readonly nBlocks?: number;
}

const SLOPE = 0.2;
/** `[left, right, top, bottom]` of convolutions that halve. */
const HALVING: PaddingSides = [0, 1, 0, 1];

/**
 * The AnimeGANv2 generator of animegan2-pytorch: `[N, 3, H, W]` in [−1, 1] → `[N, 3, H, W]` in [−1, 1], sides of any length.
 * Norms are of whole pictures (GroupNorm(1)), and corners are aligned where pictures are enlarged, as by the class's default.
 *
 * ```ts
 * const net = new AnimeGan2Generator({ width: 2, nBlocks: 1 }).eval();
 * (await net.forward(Tensor.zeros([1, 3, 18, 21]))).shape; // [1, 3, 18, 21]
 * ```
 *
 * @see Chen, Liu, Chen, "AnimeGANv2"; bryandlee/animegan2-pytorch, model.py, Generator
 */
export class AnimeGan2Generator extends Module {
  readonly #blockA: Module;
  readonly #blockB: Module;
  readonly #blockC: Module;
  readonly #blockD: Module;
  readonly #blockE: Module;
  readonly #outLayer: Module;

  /** @throws ShapeError unless the width is a whole number from 1 up, and blocks from 0 up. */
  constructor({ width = 32, nBlocks = 4 }: AnimeGan2GeneratorOptions = {}) {
    super();
    checkCounts('AnimeGan2Generator', { nBlocks });
    const [w, w2, w4, w8] = [width, 2 * width, 4 * width, 8 * width];
    const add = (name: string, ...layers: Module[]) =>
      this.registerModule(name, new Sequential(...layers));
    const half = { stride: 2, padding: HALVING };
    const large = { kernelSize: 7, padding: 3 };
    const blocks = Array.from({ length: nBlocks }, (_, i) => inverted(i === 0 ? w4 : w8, w8));
    const widest = nBlocks === 0 ? w4 : w8;
    this.#blockA = add('block_a', unit(3, w, large), unit(w, w2, half), unit(w2, w2));
    this.#blockB = add('block_b', unit(w2, w4, half), unit(w4, w4));
    this.#blockC = add('block_c', unit(w4, w4), ...blocks, unit(widest, w4));
    this.#blockD = add('block_d', unit(w4, w4), unit(w4, w4));
    this.#blockE = add('block_e', unit(w4, w2), unit(w2, w2), unit(w2, w, large));
    this.#outLayer = add('out_layer', new Conv2d(w, 3, 1, { bias: false }), new Tanh());
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const half = g.call(this.#blockA, x);
    const innermost = g.call(this.#blockC, g.call(this.#blockB, half));
    const y = g.call(this.#blockD, enlarged(g, innermost, half));
    return g.call(this.#outLayer, g.call(this.#blockE, enlarged(g, y, x)));
  }
}

interface UnitOptions {
  readonly kernelSize?: number;
  readonly stride?: number;
  readonly padding?: PaddingSides;
  readonly groups?: number;
  readonly bias?: boolean;
}

/** A mirrored border, a convolution, a norm of the whole picture, LeakyReLU. */
function unit(
  inChannels: number,
  outChannels: number,
  { kernelSize = 3, padding = 1, bias = false, ...sides }: UnitOptions = {},
): Module {
  return new Sequential(
    new ReflectionPad2d(padding),
    new Conv2d(inChannels, outChannels, kernelSize, { ...sides, bias }),
    new GroupNorm(1, outChannels),
    new LeakyReLU(SLOPE, true),
  );
}

/** Widens to twice the channels, convolves each, narrows; the input is added where there are as many channels. */
function inverted(inChannels: number, outChannels: number): Module {
  const wide = 2 * inChannels;
  const layers = new Sequential(
    unit(inChannels, wide, { kernelSize: 1, padding: 0 }),
    unit(wide, wide, { groups: wide, bias: true }),
    new Conv2d(wide, outChannels, 1, { bias: false }),
    new GroupNorm(1, outChannels),
  );
  return inChannels === outChannels
    ? new ResidualSequence({ layers })
    : new NamedSequential({ layers });
}

/** At the size of another value. */
function enlarged(g: GraphBuilder, x: Value, { shape }: Value): Value {
  const [height, width] = shape.slice(-2);
  const size = [height, width] as const;
  return g.apply(
    upsampleOperator,
    [x],
    resolveUpsample({ size, mode: 'bilinear', alignCorners: true }),
  );
}
