import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import { Dropout } from '../../nn/dropout.js';
import { Identity } from '../../nn/identity.js';
import { LeakyReLU } from '../../nn/leakyRelu.js';
import { Module } from '../../nn/module.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { Tanh } from '../../nn/tanh.js';
import { normLayer } from '../layers/normLayer.js';
import { concatenate } from '../layers/skipConnections.js';

/** Which norm layers a U-Net has; its convolutions have biases with `instance` alone. */
export type UnetNorm = 'batch' | 'instance' | 'none';

export interface UnetBlockOptions {
  readonly norm: UnetNorm;
  /** Whether instance norms keep running statistics. */
  readonly tracked?: boolean;
  /** Whether a Dropout ends the block. */
  readonly dropout?: boolean;
}

const HALVING = { stride: 2, padding: 1 };

/**
 * A level of the U-Net and all below it: `[N, outer, H, W]` → `[N, 2·outer, H, W]`, its activated input and what becomes of it.
 * In the authors' code the first LeakyReLU works in place, so that is what is concatenated.
 *
 * @see UnetSkipConnectionBlock
 */
export class UnetSkipBlock extends Module {
  readonly model: Sequential;

  /** @param submodule The next level; `null` for the innermost. */
  constructor(outer: number, inner: number, submodule: Module | null, options: UnetBlockOptions) {
    super();
    const { norm, tracked, dropout = false } = options;
    const sides = { ...HALVING, bias: norm === 'instance' };
    const below = submodule === null ? inner : 2 * inner;
    this.model = this.registerModule(
      'model',
      new Sequential(
        new LeakyReLU(0.2, true),
        new Conv2d(outer, inner, 4, sides),
        ...(submodule === null ? [] : [unetNorm(inner, norm, tracked), submodule]),
        new ReLU(true),
        new ConvTranspose2d(below, outer, 4, sides),
        unetNorm(outer, norm, tracked),
        ...(dropout && submodule !== null ? [new Dropout(0.5)] : []),
      ),
    );
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const [activation, ...rest] = this.model.namedChildren().values();
    const activated = g.call(activation, x);
    let y = activated;
    for (const module of rest) y = g.call(module, y);
    return concatenate(g, activated, y);
  }
}

/** The outermost level: `[N, inputNc, H, W]` → `[N, outputNc, H, W]`. */
export class UnetOutermostBlock extends Module {
  readonly model: Sequential;

  constructor(inputNc: number, outputNc: number, ngf: number, submodule: Module, norm: UnetNorm) {
    super();
    this.model = this.registerModule(
      'model',
      new Sequential(
        new Conv2d(inputNc, ngf, 4, { ...HALVING, bias: norm === 'instance' }),
        submodule,
        new ReLU(true),
        new ConvTranspose2d(2 * ngf, outputNc, 4, HALVING),
        new Tanh(),
      ),
    );
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.model, x);
  }
}

function unetNorm(channels: number, norm: UnetNorm, tracked?: boolean): Module {
  return norm === 'none' ? new Identity() : normLayer(channels, { norm, tracked });
}
