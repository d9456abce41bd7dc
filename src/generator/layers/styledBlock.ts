import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReLU } from '../../nn/relu.js';

/**
 * A residual block whose norms are followed by something that is made of the whole picture: `[N, dim, H, W]` keeps its shape.
 *
 * @see znxlwm/UGATIT-pytorch, networks.py, ResnetAdaILNBlock
 */
export class StyledBlock<N extends Module> extends Module {
  readonly #halves: readonly { readonly before: readonly Module[]; readonly norm: N }[];
  readonly #relu: Module;

  constructor(dim: number, norm: () => N) {
    super();
    const half = (i: number) => ({
      before: [
        this.registerModule(`pad${i}`, new ReflectionPad2d(1)),
        this.registerModule(`conv${i}`, new Conv2d(dim, dim, 3, { bias: false })),
      ],
      norm: this.registerModule(`norm${i}`, norm()),
    });
    const first = half(1);
    this.#relu = this.registerModule('relu1', new ReLU(true));
    this.#halves = [first, half(2)];
  }

  /** Without a style: norms alone. */
  override trace(g: GraphBuilder, x: Value): Value {
    return this.traceStyled(g, x, (norm, y) => g.call(norm, y));
  }

  /** @param style What becomes of a convolution's output: a norm, and what is made of the picture. */
  traceStyled(g: GraphBuilder, x: Value, style: (norm: N, y: Value) => Value): Value {
    const [first, second] = this.#halves.map(({ before, norm }) => (value: Value) => {
      return style(
        norm,
        before.reduce((y, layer) => g.call(layer, y), value),
      );
    });
    return g.add(second(g.call(this.#relu, first(x))), x);
  }
}
