import { ShapeError } from '../../errors.js';
import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { InstanceNorm2d } from '../../nn/instanceNorm2d.js';
import { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Upsample } from '../../nn/upsample.js';
import { catOperator } from '../../tensor/cat.js';

/**
 * Two convolutions, with the input not added to their result but put beside it: `[N, inPlanes, H, W]` →
 * `[N, planes, ⌈H/stride⌉, ⌈W/stride⌉]`.
 */
export class BasicBlockGanilla extends Module {
  readonly #layers: readonly Module[];
  readonly #shortcut: Module;
  readonly #finalConv: Module;
  readonly #relu: Module;

  constructor(inPlanes: number, planes: number, stride: number) {
    super();
    const isSame = stride === 1 && inPlanes === planes;
    const conv = (from: number, kernel: number, step = 1) =>
      new Conv2d(from, planes, kernel, { stride: step, bias: false });
    this.#relu = this.registerModule('relu', new ReLU(true));
    this.#layers = [
      this.registerModule('rp1', new ReflectionPad2d(1)),
      this.registerModule('conv1', conv(inPlanes, 3, stride)),
      this.registerModule('bn1', new InstanceNorm2d(planes)),
      this.#relu,
      this.registerModule('rp2', new ReflectionPad2d(1)),
      this.registerModule('conv2', conv(planes, 3)),
      this.registerModule('bn2', new InstanceNorm2d(planes)),
    ];
    const shortcut = isSame ? [] : [conv(inPlanes, 1, stride), new InstanceNorm2d(planes)];
    this.#shortcut = this.registerModule('shortcut', new Sequential(...shortcut));
    const last = [new ReflectionPad2d(1), conv(2 * planes, 3), new InstanceNorm2d(planes)];
    this.#finalConv = this.registerModule('final_conv', new Sequential(...last));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const y = this.#layers.reduce((value, layer) => g.call(layer, value), x);
    const both = g.apply(catOperator, [y, g.call(this.#shortcut, x)], { dim: -3 });
    return g.call(this.#relu, g.call(this.#finalConv, both));
  }
}

/** Sums of four levels, the coarser ones enlarged, at twice the size of the finest. @see Lin et al., arXiv:1612.03144 */
export class PyramidFeatures extends Module {
  /** One a level, the coarsest first. */
  readonly #laterals: readonly Module[];
  readonly #upsample: Module;
  readonly #last: readonly Module[];

  /** @param sizes Channels of the levels, the finest first. */
  constructor(sizes: readonly number[], featureSize: number) {
    super();
    this.#laterals = [5, 4, 3, 2].map((level) =>
      this.registerModule(`P${level}_1`, new Conv2d(sizes[level - 2], featureSize, 1)),
    );
    this.#upsample = this.registerModule('upsampled', new Upsample({ scaleFactor: 2 }));
    this.#last = [
      this.registerModule('rp4', new ReflectionPad2d(1)),
      this.registerModule('P2_2', new Conv2d(featureSize, featureSize >> 1, 3)),
    ];
  }

  /** @throws ShapeError in any case: there are four inputs. */
  override trace(): never {
    throw new ShapeError(
      'PyramidFeatures: it takes four levels, which merged() is given, not one input.',
    );
  }

  /** @param levels The finest first: `[N, C, H, W]` and halves of it. @returns `[N, featureSize / 2, 2·H, 2·W]`. */
  merged(g: GraphBuilder, levels: readonly Value[]): Value {
    const [coarsest, ...finer] = levels.toReversed();
    let sum = g.call(this.#laterals[0], coarsest);
    for (const [i, level] of finer.entries()) {
      sum = g.add(g.call(this.#upsample, sum), g.call(this.#laterals[i + 1], level));
    }
    const enlarged = g.call(this.#upsample, sum);
    return this.#last.reduce((value, layer) => g.call(layer, value), enlarged);
  }
}
