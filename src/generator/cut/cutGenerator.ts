import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { checkCounts } from '../layers/checkCounts.js';
import { normLayer, usesBias } from '../layers/normLayer.js';
import { ResNetBlock } from '../layers/resNetBlock.js';
import { BlurUpsample, Downsample } from './blur.js';

export interface CutGeneratorOptions {
  /** Default: `instance`, as its training script has it. */
  readonly norm?: 'instance' | 'batch' | 'none';
  /** Whether blocks hold a Dropout, which is the identity in eval mode. Default: false. */
  readonly dropout?: boolean;
  /** Strided convolutions in place of blurs (`--no_antialias`). Default: false. */
  readonly noAntialias?: boolean;
  /** Transposed convolutions in place of blurs (`--no_antialias_up`). Default: false. */
  readonly noAntialiasUp?: boolean;
}

/** How often the picture is halved on the way in and doubled on the way out. */
const SCALINGS = 2;

/**
 * The generator of CUT and FastCUT, the CycleGAN authors' with blurs where pictures are halved and doubled:
 * `[N, inputNc, H, W]` in [−1, 1] → `[N, outputNc, 4·⌈H/4⌉, 4·⌈W/4⌉]` in [−1, 1].
 *
 * ```ts
 * const netG = new CutGenerator(3, 3, 4, 1).eval();
 * netG.stateDict().get('model.7.filt')?.shape; // [8, 1, 3, 3]
 * (await netG.forward(Tensor.zeros([1, 3, 30, 32]))).shape; // [1, 3, 32, 32]
 * ```
 *
 * @see Park et al., arXiv:2007.15651; taesungp/contrastive-unpaired-translation, models/networks.py, ResnetGenerator
 */
export class CutGenerator extends Module {
  readonly model: Sequential;

  /** @throws ShapeError unless counts are whole numbers, `nBlocks` from 0 and the others from 1 up. */
  constructor(
    inputNc: number,
    outputNc: number,
    ngf = 64,
    nBlocks = 6,
    options: CutGeneratorOptions = {},
  ) {
    super();
    checkCounts('CutGenerator', { nBlocks });
    const bias = usesBias(options);
    const layers: Module[] = [new ReflectionPad2d(3), new Conv2d(inputNc, ngf, 7, { bias })];
    layers.push(normLayer(ngf, options), new ReLU(true));
    for (let i = 0; i < SCALINGS; i++) layers.push(...halving(ngf * 2 ** i, bias, options));
    const innermost = ngf * 2 ** SCALINGS;
    for (let i = 0; i < nBlocks; i++) layers.push(new ResNetBlock(innermost, options));
    for (let i = SCALINGS; i > 0; i--) layers.push(...doubling(ngf * 2 ** i, bias, options));
    layers.push(new ReflectionPad2d(3), new Conv2d(ngf, outputNc, 7), new Tanh());
    this.model = this.registerModule('model', new Sequential(...layers));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.model, x);
  }
}

function halving(dim: number, bias: boolean, options: CutGeneratorOptions): Module[] {
  const stride = options.noAntialias ? 2 : 1;
  return [
    new Conv2d(dim, 2 * dim, 3, { stride, padding: 1, bias }),
    normLayer(2 * dim, options),
    new ReLU(true),
    ...(options.noAntialias ? [] : [new Downsample(2 * dim)]),
  ];
}

function doubling(dim: number, bias: boolean, options: CutGeneratorOptions): Module[] {
  const sides = { stride: 2, padding: 1, outputPadding: 1 };
  return [
    ...(options.noAntialiasUp
      ? [new ConvTranspose2d(dim, dim / 2, 3, { ...sides, bias })]
      : [new BlurUpsample(dim), new Conv2d(dim, dim / 2, 3, { padding: 1, bias })]),
    normLayer(dim / 2, options),
    new ReLU(true),
  ];
}
