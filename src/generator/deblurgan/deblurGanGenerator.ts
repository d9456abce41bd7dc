import type { GraphBuilder, Value } from '../../graph/builder.js';
import { BatchNorm2d } from '../../nn/batchNorm2d.js';
import { Conv2d } from '../../nn/conv2d.js';
import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import { Dropout } from '../../nn/dropout.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { clampOperator, resolveClamp } from '../../tensor/clamp.js';
import { checkCounts } from '../layers/checkCounts.js';
import { ResidualSequence } from '../layers/residualSequence.js';

export interface DeblurGanGeneratorOptions {
  /** Default: `instance`, as its training script has it. */
  readonly norm?: 'instance' | 'batch';
  /**
   * Whether instance norms keep running statistics, as the repository's do. Each picture is normalised by its own all the same,
   * as by the repository's test script, which never calls `eval()`. Default: true.
   */
  readonly tracked?: boolean;
  /** Whether blocks end in ReLU and Dropout: the script's default, and its `--no_dropout` takes both away. Default: true. */
  readonly dropout?: boolean;
  /** Whether the input is added to the output, as `--learn_residual` trains it. Default: true. */
  readonly learnResidual?: boolean;
}

/** How often the picture is halved on the way in and doubled on the way out. */
const SCALINGS = 2;

/**
 * DeblurGAN's generator as it is published today, with one convolution in each block: `[N, inputNc, H, W]` in [−1, 1] →
 * `[N, outputNc, H, W]`, sides multiples of four. It makes what the picture lacks: `clamp(x + layers(x), −1, 1)`.
 *
 * ```ts
 * const netG = new DeblurGanGenerator(3, 3, 4, 1).eval();
 * (await netG.forward(Tensor.zeros([1, 3, 24, 32]))).shape; // [1, 3, 24, 32]
 * ```
 *
 * @see Kupyn et al., arXiv:1711.07064; KupynOrest/DeblurGAN, models/networks.py, ResnetGenerator
 */
export class DeblurGanGenerator extends Module {
  readonly model: Sequential;
  readonly learnResidual: boolean;

  /** @throws ShapeError unless counts are whole numbers, `nBlocks` from 0 and the others from 1 up. */
  constructor(
    inputNc: number,
    outputNc: number,
    ngf = 64,
    nBlocks = 6,
    options: DeblurGanGeneratorOptions = {},
  ) {
    super();
    checkCounts('DeblurGanGenerator', { nBlocks });
    const { norm = 'instance', learnResidual = true } = options;
    const bias = norm === 'instance';
    const normAndReLU = (channels: number) => [normLayer(channels, options), new ReLU(true)];
    const layers: Module[] = [new ReflectionPad2d(3), new Conv2d(inputNc, ngf, 7, { bias })];
    layers.push(...normAndReLU(ngf));
    for (let i = 0; i < SCALINGS; i++) {
      const dim = ngf * 2 ** i;
      const sides = { stride: 2, padding: 1 };
      layers.push(new Conv2d(dim, 2 * dim, 3, { ...sides, bias }), ...normAndReLU(2 * dim));
    }
    for (let i = 0; i < nBlocks; i++) layers.push(block(ngf * 2 ** SCALINGS, bias, options));
    for (let i = SCALINGS; i > 0; i--) {
      const dim = ngf * 2 ** i;
      const sides = { stride: 2, padding: 1, outputPadding: 1 };
      layers.push(new ConvTranspose2d(dim, dim / 2, 3, { ...sides, bias }));
      layers.push(...normAndReLU(dim / 2));
    }
    layers.push(new ReflectionPad2d(3), new Conv2d(ngf, outputNc, 7), new Tanh());
    this.model = this.registerModule('model', new Sequential(...layers));
    this.learnResidual = learnResidual;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const y = g.call(this.model, x);
    if (!this.learnResidual) return y;
    return g.apply(clampOperator, [g.add(x, y)], resolveClamp({ min: -1, max: 1 }));
  }
}

function block(channels: number, bias: boolean, options: DeblurGanGeneratorOptions): Module {
  const { dropout = true } = options;
  const layers = new Sequential(
    new ReflectionPad2d(1),
    new Conv2d(channels, channels, 3, { bias }),
    normLayer(channels, options),
    ...(dropout ? [new ReLU(true), new Dropout(0.5)] : []),
  );
  return new ResidualSequence({ conv_block: layers });
}

function normLayer(
  channels: number,
  { norm = 'instance', tracked = true }: DeblurGanGeneratorOptions,
): Module {
  if (norm === 'batch') return new BatchNorm2d(channels);
  const layer = new InstanceNorm2d(channels, { trackRunningStats: tracked });
  layer.ownStatistics = true;
  return layer;
}
