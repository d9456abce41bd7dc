import { ShapeError } from '../../errors.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { Upsample } from '../../nn/upsample.js';
import type { SizeRule } from '../family.js';
import {
  type ClassActivation,
  classActivation,
  traceClassActivation,
} from '../layers/classActivation.js';
import { onlySize } from '../layers/imgSize.js';
import { InstanceLayerNorm } from '../layers/instanceLayerNorm.js';
import { requireSides } from '../layers/requireSides.js';
import { ResNetBlock } from '../layers/resNetBlock.js';
import { StyledBlock } from '../layers/styledBlock.js';
import { styleFeatures, styleLayers } from '../layers/styleFeatures.js';
import { HourGlass, type HourGlassOptions } from './hourGlass.js';
import { SoftAdaLIN } from './softAdaLin.js';

const COLOURS = 3;
/** Of the encoder, and as many of the decoder. */
const BLOCKS = 4;
/** An hourglass halves pictures four times. */
const MULTIPLE = 16;

/** @param imgSize `null` for a light one. */
export function sizeRuleOf(imgSize: number | null): SizeRule {
  return imgSize === null ? { multipleOf: MULTIPLE, roundsUpTo: 1 } : onlySize(imgSize);
}

export type Photo2CartoonOptions = Partial<HourGlassOptions>;

/**
 * The generator of photo2cartoon, which makes a cartoon of a face: `[N, 3, H, W]` → `[N, 3, H, W]` in [−1, 1], H and W multiples
 * of 16. Unless it is a light one, it has weights for each pixel, and they must be `imgSize`.
 *
 * ```ts
 * const netG = new Photo2CartoonGenerator(4, 256, true).eval();
 * (await netG.forward(Tensor.zeros([1, 3, 32, 48]))).shape; // [1, 3, 32, 48]
 * ```
 *
 * @see minivision-ai/photo2cartoon, models/networks.py, ResnetGenerator; Kim et al., arXiv:1907.10830
 */
export class Photo2CartoonGenerator extends Module {
  readonly #before: readonly Module[];
  readonly #encoder: readonly Module[];
  readonly #activation: ClassActivation;
  readonly #style: Module;
  readonly #decoder: readonly StyledBlock<SoftAdaLIN>[];
  readonly #after: readonly Module[];
  readonly #isLight: boolean;
  readonly #sizeRule: SizeRule;

  /**
   * @param ngf Channels behind the first convolution, a multiple of 4.
   * @param imgSize Sides of pictures, which count where it is no light one.
   * @param light Whether a style is made of the channels' means, and not of each pixel. Its published file is of a light one.
   * @param options Default: with layers that are never used, as the class has them.
   * @throws ShapeError for an `ngf` that is no multiple of 4, or an `imgSize` that is none of 16.
   */
  constructor(
    ngf = 64,
    imgSize = 256,
    light = false,
    { unusedLayers = true }: Photo2CartoonOptions = {},
  ) {
    super();
    const isFit = light || (imgSize > 0 && imgSize % MULTIPLE === 0);
    if (!(ngf > 0) || ngf % 4 !== 0 || !isFit) {
      throw new ShapeError(
        `Photo2CartoonGenerator: ngf must be a multiple of 4 and imgSize one of ${MULTIPLE}, but got ${ngf} and ${imgSize}.`,
      );
    }
    this.#isLight = light;
    this.#sizeRule = sizeRuleOf(light ? null : imgSize);
    const dim = 4 * ngf;
    const pixels = light ? 1 : (imgSize / 4) ** 2;
    const add = <M extends Module>(name: string, module: M) => this.registerModule(name, module);
    const each = <M extends Module>(name: string, make: () => M) =>
      Array.from({ length: BLOCKS }, (_, i) => add(`${name}${i + 1}`, make()));
    const hourGlass = (isResidual: boolean) => new HourGlass(ngf, isResidual, { unusedLayers });
    this.#before = [
      add('ConvBlock1', unit(3, new Conv2d(COLOURS, ngf, 7, { bias: false }))),
      add('HourGlass1', hourGlass(true)),
      add('HourGlass2', hourGlass(true)),
      add('DownBlock1', unit(1, new Conv2d(ngf, 2 * ngf, 3, { stride: 2, bias: false }))),
      add('DownBlock2', unit(1, new Conv2d(2 * ngf, dim, 3, { stride: 2, bias: false }))),
    ];
    this.#encoder = each('EncodeBlock', () => new ResNetBlock(dim, { bias: false }));
    this.#activation = classActivation(add, dim, unusedLayers);
    this.#style = add('FC', styleLayers(pixels * dim, dim, true));
    this.#decoder = each('DecodeBlock', () => new StyledBlock(dim, () => new SoftAdaLIN(dim)));
    const last = new Conv2d(COLOURS, COLOURS, 7, { bias: false });
    this.#after = [
      add('UpBlock1', doubled(dim)),
      add('UpBlock2', doubled(2 * ngf)),
      add('HourGlass3', hourGlass(true)),
      add('HourGlass4', hourGlass(false)),
      add('ConvBlock2', new Sequential(new ReflectionPad2d(3), last, new Tanh())),
    ];
  }

  /** @throws ShapeError for sides that are no multiples of 16, or not `imgSize`, unless it is a light one. */
  override trace(g: GraphBuilder, x: Value): Value {
    requireSides('Photo2CartoonGenerator', x, this.#sizeRule);
    let y = this.#before.reduce((value, layer) => g.call(layer, value), x);
    const contents: Value[] = [];
    for (const block of this.#encoder) {
      y = g.call(block, y);
      contents.push(styleFeatures(g, y, true));
    }
    y = traceClassActivation(g, y, this.#activation);
    const style = g.call(this.#style, styleFeatures(g, y, this.#isLight));
    for (const [i, block] of this.#decoder.entries()) {
      const content = contents[BLOCKS - 1 - i];
      y = block.traceStyled(g, y, (norm, value) => norm.traceStyled(g, value, content, style));
    }
    return this.#after.reduce((value, layer) => g.call(layer, value), y);
  }
}

function unit(padding: number, convolution: Conv2d): Sequential {
  return new Sequential(
    new ReflectionPad2d(padding),
    convolution,
    new InstanceNorm2d(convolution.outChannels),
    new ReLU(true),
  );
}

function doubled(channels: number): Sequential {
  return new Sequential(
    new Upsample({ scaleFactor: 2 }),
    new ReflectionPad2d(1),
    new Conv2d(channels, channels / 2, 3, { bias: false }),
    new InstanceLayerNorm(channels / 2),
    new ReLU(true),
  );
}
