import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';
import { Tanh } from '../../nn/tanh.js';
import { checkCounts } from '../layers/checkCounts.js';
import { doubling, halving } from '../layers/scalings.js';
import { InstanceNormalization } from './instanceNormalization.js';

/** Layers are numbered by their depth, in two digits: the blocks are 04 to 11. */
const FIRST_BLOCK = 4;
const LAST_BLOCK = 11;

/**
 * The generator of CartoonGAN's published styles (Hayao, Hosoda, Paprika, Shinkai): `[N, 3, H, W]` in [−1, 1], blue first →
 * `[N, 3, 4·⌈H/4⌉, 4·⌈W/4⌉]` in [−1, 1].
 *
 * ```ts
 * const hayao = new Transformer(2).eval();
 * (await hayao.forward(Tensor.zeros([1, 3, 22, 32]))).shape; // [1, 3, 24, 32]
 * [...hayao.stateDict().keys()][2]; // 'in01_1.scale'
 * ```
 *
 * @see Chen et al., "CartoonGAN", CVPR 2018; Yijunmaverick/CartoonGAN-Test-Pytorch-Torch, network/Transformer.py, Transformer
 */
export class Transformer extends Module {
  readonly #head: readonly Module[];
  readonly #blocks: readonly (readonly Module[])[];
  readonly #tail: readonly Module[];

  /**
   * @param width Channels behind the first convolution, 64 in the repository's class.
   * @throws ShapeError unless `width` is a whole number from 1 up.
   */
  constructor(width = 64) {
    super();
    checkCounts('Transformer', { width }, 1);
    const [one, two, four] = [width, 2 * width, 4 * width];
    this.#head = this.#register({
      refpad01_1: new ReflectionPad2d(3),
      conv01_1: new Conv2d(3, one, 7),
      ...norm('01_1', one),
      conv02_1: halving(one, two),
      conv02_2: keeping(two),
      ...norm('02_1', two),
      conv03_1: halving(two, four),
      conv03_2: keeping(four),
      ...norm('03_1', four),
    });
    this.#blocks = Array.from({ length: LAST_BLOCK - FIRST_BLOCK + 1 }, (_, i) =>
      this.#register(residualLayers(String(FIRST_BLOCK + i).padStart(2, '0'), four)),
    );
    this.#tail = this.#register({
      deconv01_1: doubling(four, two),
      deconv01_2: keeping(two),
      ...norm('12_1', two),
      deconv02_1: doubling(two, one),
      deconv02_2: keeping(one),
      ...norm('13_1', one),
      refpad12_1: new ReflectionPad2d(3),
      deconv03_1: new Conv2d(one, 3, 7),
      tanh: new Tanh(),
    });
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const chain = (modules: readonly Module[], value: Value) =>
      modules.reduce((y, module) => g.call(module, y), value);
    let y = chain(this.#head, x);
    for (const block of this.#blocks) y = g.add(chain(block, y), y);
    return chain(this.#tail, y);
  }

  #register(modules: Readonly<Record<string, Module>>): Module[] {
    return Object.entries(modules).map(([name, module]) => this.registerModule(name, module));
  }
}

function norm(number: string, channels: number): Record<string, Module> {
  return {
    [`in${number}`]: new InstanceNormalization(channels),
    [`relu${number}`]: new ReLU(),
  };
}

/** A residual block's layers stand beside all others, so that its keys have no name in common. */
function residualLayers(number: string, channels: number): Record<string, Module> {
  return {
    [`refpad${number}_1`]: new ReflectionPad2d(1),
    [`conv${number}_1`]: new Conv2d(channels, channels, 3),
    ...norm(`${number}_1`, channels),
    [`refpad${number}_2`]: new ReflectionPad2d(1),
    [`conv${number}_2`]: new Conv2d(channels, channels, 3),
    [`in${number}_2`]: new InstanceNormalization(channels),
  };
}

function keeping(channels: number): Conv2d {
  return new Conv2d(channels, channels, 3, { padding: 1 });
}
