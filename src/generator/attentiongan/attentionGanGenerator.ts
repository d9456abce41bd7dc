import type { GraphBuilder, Value } from '../../graph/builder.js';
import { BatchNorm2d } from '../../nn/batchNorm2d.js';
import { Conv2d } from '../../nn/conv2d.js';
import { Module } from '../../nn/module.js';
import { PixelShuffle } from '../../nn/pixelShuffle.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { mulOperator } from '../../tensor/mul.js';
import { sigmoidOperator } from '../../tensor/sigmoid.js';
import { subOperator } from '../../tensor/sub.js';
import { Tensor } from '../../tensor/tensor.js';
import { requireSides } from '../layers/requireSides.js';
import { ResNetBlock } from '../layers/resNetBlock.js';
import { ATTENTION_SIZES, channelsOf, halving } from './attentionLayers.js';

/** The first channel is a mask, the others are a picture. */
const COLOURS = 3;
const OUTPUT = COLOURS + 1;

/**
 * AttentionGAN's first generator: it paints a picture and a mask, by which that is blended with the input.
 * `[N, 3, H, W]` → `[N, 3, H, W]`, H and W multiples of 4; from [−1, 1], and with no activation at its end.
 *
 * ```ts
 * const netG = new AttentionGANGenerator(4, 1).eval();
 * (await netG.forward(Tensor.zeros([1, 3, 24, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see Tang et al., arXiv:1903.12296; Ha0Tang/AttentionGAN, AttentionGAN-v1/models.py, Generator
 */
export class AttentionGANGenerator extends Module {
  readonly model: Sequential;

  /** Of the class's arguments, those that its scripts leave as they are have no place here. */
  constructor(ngf = 64, nBlocks = 6) {
    super();
    const unit = (convolution: Conv2d) => [
      convolution,
      new BatchNorm2d(convolution.outChannels),
      new ReLU(true),
    ];
    const blocks = Array.from(
      { length: nBlocks },
      () => new ResNetBlock(4 * ngf, { norm: 'batch', bias: true }),
    );
    const doubled = (channels: number) => [
      new ReflectionPad2d(1),
      ...unit(new Conv2d(channels, channels / 2, 3)),
      new Conv2d(channels / 2, 2 * channels, 1),
      new PixelShuffle(2),
      new BatchNorm2d(channels / 2),
      new ReLU(true),
    ];
    this.model = this.registerModule(
      'model',
      new Sequential(
        new ReflectionPad2d(3),
        ...unit(new Conv2d(COLOURS, ngf, 7)),
        ...unit(halving(ngf)),
        ...unit(halving(2 * ngf)),
        ...blocks,
        ...doubled(4 * ngf),
        ...doubled(2 * ngf),
        new ReflectionPad2d(3),
        new Conv2d(ngf, OUTPUT, 7),
      ),
    );
  }

  /** @throws ShapeError for sides that are no multiples of 4. */
  override trace(g: GraphBuilder, x: Value): Value {
    requireSides('AttentionGANGenerator', x, ATTENTION_SIZES);
    const painted = g.call(this.model, x);
    const mask = g.apply(sigmoidOperator, [channelsOf(g, painted, 0, 1)], {});
    const content = channelsOf(g, painted, 1, COLOURS);
    const rest = g.apply(subOperator, [g.constant(Tensor.full([1], 1)), mask], {});
    return g.add(g.apply(mulOperator, [content, mask], {}), g.apply(mulOperator, [x, rest], {}));
  }
}
