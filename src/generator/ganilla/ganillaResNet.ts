import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { MaxPool2d } from '../../nn/maxPool2d.js';
import { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { checkCounts } from '../layers/checkCounts.js';
import { BasicBlockGanilla, PyramidFeatures } from './blocks.js';

/** One number for each level, the finest first. */
export type OfLevels = readonly [number, number, number, number];

export interface GanillaResNetOptions {
  /** Blocks of each level. Default: `[2, 2, 2, 2]`, as its training script has it; `[3, 4, 6, 3]` with `--depth 34`. */
  readonly layers?: OfLevels;
  /** Channels of each level. Default: `[64, 128, 128, 256]`, as the class has it. */
  readonly planes?: OfLevels;
  /** Channels of the pyramid, twice as many as the last convolution takes. Default: 128, as the class has it. */
  readonly featureSize?: number;
}

/**
 * GANILLA's generator (`--netG resnet_fpn`): `[N, 3, H, W]` in [−1, 1] → `[N, outputNc, H, W]` in [−1, 1], sides multiples of 16.
 *
 * Its outer convolutions are padded by as many pixels as there are channels, as in the repository: with one output channel,
 * sides are four less. Weights of the pyramid's levels (`--fpn_weights`) are 1, the default.
 *
 * ```ts
 * const netG = new GanillaResNet(3, 3, 4, { planes: [4, 4, 4, 8], featureSize: 8 }).eval();
 * (await netG.forward(Tensor.zeros([1, 3, 32, 48]))).shape; // [1, 3, 32, 48]
 * ```
 *
 * @see Hicsonmez et al., arXiv:2002.05638; giddyyupp/ganilla, models/networks.py, ResNet
 */
export class GanillaResNet extends Module {
  readonly #first: readonly Module[];
  readonly #levels: readonly Module[];
  readonly #fpn: PyramidFeatures;
  readonly #last: readonly Module[];

  /** @throws ShapeError unless counts are whole numbers, blocks from 0 and the others from 1 up. */
  constructor(inputNc: number, outputNc: number, ngf = 64, options: GanillaResNetOptions = {}) {
    super();
    const { layers = [2, 2, 2, 2], planes = [64, 128, 128, 256], featureSize = 128 } = options;
    checkCounts(
      'GanillaResNet',
      Object.fromEntries(layers.map((blocks, i) => [`layers[${i}]`, blocks])),
    );
    this.#first = [
      this.registerModule('pad1', new ReflectionPad2d(inputNc)),
      this.registerModule('conv1', new Conv2d(inputNc, ngf, 7)),
      this.registerModule('in1', new InstanceNorm2d(ngf)),
      this.registerModule('relu', new ReLU(true)),
      this.registerModule('pad2', new ReflectionPad2d(1)),
      this.registerModule('maxpool', new MaxPool2d(3, { stride: 2 })),
    ];
    this.#last = [
      this.registerModule('pad3', new ReflectionPad2d(outputNc)),
      this.registerModule('conv2', new Conv2d(featureSize >> 1, outputNc, 7)),
      this.registerModule('tanh', new Tanh()),
    ];
    this.#levels = planes.map((to, i) => {
      const from = i === 0 ? ngf : planes[i - 1];
      return this.registerModule(`layer${i + 1}`, level(from, to, layers[i], i === 0 ? 1 : 2));
    });
    this.#fpn = this.registerModule('fpn', new PyramidFeatures(planes, featureSize));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    let value = this.#first.reduce((input, layer) => g.call(layer, input), x);
    const levels = this.#levels.map((layer) => {
      value = g.call(layer, value);
      return value;
    });
    const merged = this.#fpn.merged(g, levels);
    return this.#last.reduce((input, layer) => g.call(layer, input), merged);
  }
}

/** Blocks of one size, of which the first may halve. */
function level(from: number, to: number, blocks: number, stride: number): Module {
  const layers = Array.from({ length: blocks }, (_, i) =>
    i === 0 ? new BasicBlockGanilla(from, to, stride) : new BasicBlockGanilla(to, to, 1),
  );
  return new Sequential(...layers);
}
