import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d, type PaddingMode } from '../../nn/conv2d.js';
import { LeakyReLU } from '../../nn/leakyRelu.js';
import { Module } from '../../nn/module.js';
import { Sequential } from '../../nn/sequential.js';
import { tanhOperator } from '../../tensor/tanh.js';
import { resolveUpsample, upsampleOperator } from '../../tensor/upsample.js';
import { checkCounts } from '../layers/checkCounts.js';
import { ResidualSequence } from '../layers/residualSequence.js';

const SLOPE = 0.2;
const TWICE = resolveUpsample({ scaleFactor: 2, mode: 'bilinear', alignCorners: false });

/**
 * The generator of White-box-Cartoonization-PyTorch, a U-Net without norms whose skips are added: `[N, imgChannels, H, W]` in
 * [−1, 1] → the same shape in [−1, 1], sides multiples of four. Its repository's script then smooths the picture with a guided
 * filter, which is no part of the network.
 *
 * ```ts
 * const gen = new WhiteBoxGenerator(3, 4, 1).eval();
 * (await gen.forward(Tensor.zeros([1, 3, 12, 16]))).shape; // [1, 3, 12, 16]
 * ```
 *
 * @see Wang and Yu, "Learning to Cartoonize Using White-Box Cartoon Representations";
 * vinesmsuic/White-box-Cartoonization-PyTorch, generator_model.py, Generator
 */
export class WhiteBoxGenerator extends Module {
  readonly #initialDown: Module;
  readonly #down1: Module;
  readonly #down2: Module;
  readonly #resBlocks: Module;
  readonly #up1: Module;
  readonly #up2: Module;
  readonly #last: Module;

  /** @throws ShapeError unless counts are whole numbers, `numResiduals` from 0 and the others from 1 up. */
  constructor(
    imgChannels = 3,
    numFeatures = 32,
    numResiduals = 4,
    paddingMode: PaddingMode = 'zeros',
  ) {
    super();
    checkCounts('WhiteBoxGenerator', { numResiduals });
    const conv = (from: number, to: number, kernel: number, stride = 1) =>
      new Conv2d(from, to, kernel, { stride, padding: kernel >> 1, paddingMode });
    const active = (...convolution: Parameters<typeof conv>) => [
      conv(...convolution),
      new LeakyReLU(SLOPE, true),
    ];
    const add = (name: string, ...layers: Module[]) =>
      this.registerModule(name, new Sequential(...layers));
    const [f, f2, f4] = [numFeatures, 2 * numFeatures, 4 * numFeatures];
    const residuals = Array.from({ length: numResiduals }, () => {
      const layers = [...active(f4, f4, 3), conv(f4, f4, 3)];
      return new ResidualSequence({ block: new Sequential(...layers) });
    });
    this.#initialDown = add('initial_down', ...active(imgChannels, f, 7));
    this.#down1 = add('down1', ...active(f, f, 3, 2), ...active(f, f2, 3));
    this.#down2 = add('down2', ...active(f2, f2, 3, 2), ...active(f2, f4, 3));
    this.#resBlocks = add('res_blocks', ...residuals);
    this.#up1 = add('up1', ...active(f4, f2, 3));
    this.#up2 = add('up2', ...active(f2, f2, 3), ...active(f2, f, 3));
    this.#last = add('last', ...active(f, f, 3), conv(f, imgChannels, 7));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const x1 = g.call(this.#initialDown, x);
    const x2 = g.call(this.#down1, x1);
    const innermost = g.call(this.#resBlocks, g.call(this.#down2, x2));
    const half = g.apply(upsampleOperator, [g.call(this.#up1, innermost)], TWICE);
    const whole = g.apply(upsampleOperator, [g.call(this.#up2, g.add(half, x2))], TWICE);
    return g.apply(tanhOperator, [g.call(this.#last, g.add(whole, x1))], {});
  }
}
