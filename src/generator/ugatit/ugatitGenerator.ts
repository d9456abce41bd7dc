import { ShapeError } from '../../errors.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { Linear } from '../../nn/linear.js';
import { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { Upsample } from '../../nn/upsample.js';
import {
  type ClassActivation,
  classActivation,
  traceClassActivation,
} from '../layers/classActivation.js';
import { onlySize } from '../layers/imgSize.js';
import {
  AdaptiveInstanceLayerNorm,
  InstanceLayerNorm,
  scaledAndShifted,
} from '../layers/instanceLayerNorm.js';
import { requireSides } from '../layers/requireSides.js';
import { ResNetBlock } from '../layers/resNetBlock.js';
import { StyledBlock } from '../layers/styledBlock.js';
import { asPixel, styleFeatures, styleLayers } from '../layers/styleFeatures.js';

/**
 * U-GAT-IT's generator: `[N, inputNc, H, W]` → `[N, outputNc, 4·⌈H/4⌉, 4·⌈W/4⌉]` in [−1, 1]. Unless it is a light one, it has
 * weights for each pixel, and H and W must be `imgSize`.
 *
 * ```ts
 * const light = new UGATITGenerator(3, 3, 4, 1, 256, true).eval();
 * (await light.forward(Tensor.zeros([1, 3, 22, 32]))).shape; // [1, 3, 24, 32]
 * const full = new UGATITGenerator(3, 3, 4, 1, 16).eval();
 * (await full.forward(Tensor.zeros([1, 3, 16, 16]))).shape; // [1, 3, 16, 16]
 * ```
 *
 * @see Kim et al., arXiv:1907.10830; znxlwm/UGATIT-pytorch, networks.py, ResnetGenerator
 */
export class UGATITGenerator extends Module {
  readonly #activation: ClassActivation;
  readonly #down: Module;
  readonly #style: Module;
  readonly #gamma: Module;
  readonly #beta: Module;
  readonly #styled: readonly StyledBlock<AdaptiveInstanceLayerNorm>[];
  readonly #up: Module;
  /** `null` for a light one. */
  readonly #imgSize: number | null;

  /**
   * @param imgSize Sides of pictures, which count where it is no light one.
   * @param light Whether a style is made of the channels' means, and not of each pixel.
   * @throws ShapeError for an `imgSize` that is no multiple of 4.
   */
  constructor(
    inputNc: number,
    outputNc: number,
    ngf = 64,
    nBlocks = 6,
    imgSize = 256,
    light = false,
  ) {
    super();
    if (!light && (imgSize < 4 || imgSize % 4 !== 0)) {
      throw new ShapeError(
        `UGATITGenerator: imgSize must be a multiple of 4 from 4 up, but got ${imgSize}.`,
      );
    }
    this.#imgSize = light ? null : imgSize;
    const dim = 4 * ngf;
    const pixels = light ? 1 : (imgSize / 4) ** 2;
    this.#activation = classActivation((...entry) => this.registerModule(...entry), dim, false);
    this.#gamma = this.registerModule('gamma', new Linear(dim, dim, { bias: false }));
    this.#beta = this.registerModule('beta', new Linear(dim, dim, { bias: false }));
    this.#styled = Array.from({ length: nBlocks }, (_, i) =>
      this.registerModule(
        `UpBlock1_${i + 1}`,
        new StyledBlock(dim, () => new AdaptiveInstanceLayerNorm(dim)),
      ),
    );
    this.#down = this.registerModule('DownBlock', downBlock(inputNc, ngf, nBlocks));
    this.#style = this.registerModule('FC', styleLayers(pixels * dim, dim, false));
    this.#up = this.registerModule('UpBlock2', upBlock(outputNc, ngf));
  }

  /** @throws ShapeError for a picture of other sides than `imgSize`, unless it is a light one. */
  override trace(g: GraphBuilder, x: Value): Value {
    if (this.#imgSize !== null) requireSides('UGATITGenerator', x, onlySize(this.#imgSize));
    const encoded = traceClassActivation(g, g.call(this.#down, x), this.#activation);
    const features = g.call(this.#style, styleFeatures(g, encoded, this.#imgSize === null));
    const [gamma, beta] = [this.#gamma, this.#beta].map((layer) =>
      asPixel(g, g.call(layer, features)),
    );
    const decoded = this.#styled.reduce(
      (value, block) =>
        block.traceStyled(g, value, (norm, y) => scaledAndShifted(g, g.call(norm, y), gamma, beta)),
      encoded,
    );
    return g.call(this.#up, decoded);
  }
}

function downBlock(inputNc: number, ngf: number, nBlocks: number): Sequential {
  const unit = (padding: number, convolution: Conv2d) => [
    new ReflectionPad2d(padding),
    convolution,
    new InstanceNorm2d(convolution.outChannels),
    new ReLU(true),
  ];
  const halved = (channels: number) =>
    unit(1, new Conv2d(channels, 2 * channels, 3, { stride: 2, bias: false }));
  const blocks = Array.from({ length: nBlocks }, () => new ResNetBlock(4 * ngf, { bias: false }));
  return new Sequential(
    ...unit(3, new Conv2d(inputNc, ngf, 7, { bias: false })),
    ...halved(ngf),
    ...halved(2 * ngf),
    ...blocks,
  );
}

function upBlock(outputNc: number, ngf: number): Sequential {
  const doubled = (channels: number) => [
    new Upsample({ scaleFactor: 2 }),
    new ReflectionPad2d(1),
    new Conv2d(channels, channels / 2, 3, { bias: false }),
    new InstanceLayerNorm(channels / 2),
    new ReLU(true),
  ];
  return new Sequential(
    ...doubled(4 * ngf),
    ...doubled(2 * ngf),
    new ReflectionPad2d(3),
    new Conv2d(ngf, outputNc, 7, { bias: false }),
    new Tanh(),
  );
}
