import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { ConvTranspose2d } from '../../nn/convTranspose2d.js';
import { Identity } from '../../nn/identity.js';
import { LeakyReLU } from '../../nn/leakyRelu.js';
import { Module } from '../../nn/module.js';
import { ReLU } from '../../nn/relu.js';
import { normLayer } from '../layers/normLayer.js';

export interface UnetConvModuleOptions {
  /** Whether sides are halved or doubled. */
  readonly direction: 'down' | 'up';
  readonly bias: boolean;
  /** Default: none. */
  readonly norm?: 'batch' | 'instance';
  /** Whether an activation comes before the convolution: LeakyReLU on the way down, ReLU on the way up. Default: true. */
  readonly activated?: boolean;
}

/**
 * What mmcv calls a ConvModule, in the order activation, convolution, norm. The activation works in place there.
 *
 * @see mmcv.cnn.ConvModule
 */
export class UnetConvModule extends Module {
  readonly conv: Module;
  readonly norm: Module | null;
  readonly activate: Module;

  constructor(inChannels: number, outChannels: number, options: UnetConvModuleOptions) {
    super();
    const { direction, bias, norm, activated = true } = options;
    const sides = { stride: 2, padding: 1, bias };
    const isDown = direction === 'down';
    const activation = isDown ? new LeakyReLU(0.2, true) : new ReLU(true);
    const conv = isDown
      ? new Conv2d(inChannels, outChannels, 4, sides)
      : new ConvTranspose2d(inChannels, outChannels, 4, sides);
    this.conv = this.registerModule('conv', conv);
    this.norm =
      norm === undefined
        ? null
        : this.registerModule(norm === 'batch' ? 'bn' : 'in', normLayer(outChannels, { norm }));
    this.activate = this.registerModule('activate', activated ? activation : new Identity());
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return this.traceActivated(g, g.call(this.activate, x));
  }

  /** All but the activation. */
  traceActivated(g: GraphBuilder, x: Value): Value {
    const y = g.call(this.conv, x);
    return this.norm === null ? y : g.call(this.norm, y);
  }
}
