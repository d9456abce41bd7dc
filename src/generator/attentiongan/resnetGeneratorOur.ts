import { ShapeError } from '../../errors.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { mulOperator } from '../../tensor/mul.js';
import { softmaxOperator } from '../../tensor/softmax.js';
import { tanhOperator } from '../../tensor/tanh.js';
import { requireSides } from '../layers/requireSides.js';
import {
  ATTENTION_SIZES,
  channelsOf,
  doubling,
  halving,
  MirroredBlock,
} from './attentionLayers.js';

const COLOURS = 3;
/** Pictures that are painted; the input is one more. */
const PICTURES = 9;

/**
 * AttentionGAN's generator of today: it paints nine pictures, and each pixel is a mean of them and of the input, by masks that
 * sum up to 1. `[N, inputNc, H, W]` in [−1, 1] → `[N, 3, H, W]` in [−1, 1], H and W multiples of 4.
 *
 * ```ts
 * const netG = new ResnetGeneratorOur(3, 3, 4, 1).eval();
 * (await netG.forward(Tensor.zeros([1, 3, 24, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see Tang et al., arXiv:1911.11897; Ha0Tang/AttentionGAN, models/networks.py, ResnetGenerator_our
 */
export class ResnetGeneratorOur extends Module {
  readonly #relu: Module;
  readonly #encoder: readonly Module[];
  readonly #content: readonly Module[];
  readonly #attention: readonly Module[];

  /**
   * @param inputNc Channels of the input: 3, or 1 for grey pictures.
   * @param outputNc 3: the class paints no others.
   * @throws ShapeError for other channels.
   */
  constructor(inputNc: number, outputNc: number, ngf = 64, nBlocks = 9) {
    super();
    if (![1, COLOURS].includes(inputNc) || outputNc !== COLOURS) {
      throw new ShapeError(
        `ResnetGeneratorOur: inputNc must be 1 or 3, and outputNc 3, but got ${inputNc} and ${outputNc}.`,
      );
    }
    const blocks = Array.from({ length: nBlocks }, () => new MirroredBlock(4 * ngf));
    const pad = this.registerModule('pad', new ReflectionPad2d(3));
    this.#relu = this.registerModule('relu', new ReLU(true));
    this.#encoder = [
      pad,
      ...this.#normed('conv1', 'conv1_norm', new Conv2d(inputNc, ngf, 7)),
      ...this.#normed('conv2', 'conv2_norm', halving(ngf)),
      ...this.#normed('conv3', 'conv3_norm', halving(2 * ngf)),
      this.registerModule('resnet_blocks', new Sequential(...blocks)),
    ];
    const decoder = (kind: string, ...last: readonly Module[]) => [
      ...this.#normed(`deconv1_${kind}`, `deconv1_norm_${kind}`, doubling(4 * ngf)),
      ...this.#normed(`deconv2_${kind}`, `deconv2_norm_${kind}`, doubling(2 * ngf)),
      ...last.slice(0, -1),
      this.registerModule(`deconv3_${kind}`, last[last.length - 1]),
    ];
    this.#content = decoder('content', pad, new Conv2d(ngf, COLOURS * PICTURES, 7));
    this.#attention = decoder('attention', new Conv2d(ngf, PICTURES + 1, 1));
  }

  /** @throws ShapeError for sides that are no multiples of 4. */
  override trace(g: GraphBuilder, x: Value): Value {
    requireSides('ResnetGeneratorOur', x, ATTENTION_SIZES);
    const through = (layers: readonly Module[], value: Value) =>
      layers.reduce((before, layer) => g.call(layer, before), value);
    const encoded = through(this.#encoder, x);
    const pictures = g.apply(tanhOperator, [through(this.#content, encoded)], {});
    const masks = g.apply(softmaxOperator, [through(this.#attention, encoded)], { dim: 1 });
    const masked = (picture: Value, i: number) =>
      g.apply(mulOperator, [picture, channelsOf(g, masks, i, 1)], {});
    const painted = Array.from({ length: PICTURES }, (_, i) =>
      masked(channelsOf(g, pictures, COLOURS * i, COLOURS), i),
    );
    return [...painted, masked(x, PICTURES)].reduce((sum, picture) => g.add(sum, picture));
  }

  #normed(name: string, norm: string, layer: Conv2d | ReturnType<typeof doubling>): Module[] {
    return [
      this.registerModule(name, layer),
      this.registerModule(norm, new InstanceNorm2d(layer.outChannels)),
      this.#relu,
    ];
  }
}
