import type { GraphBuilder, Value } from '../graph/builder.js';
import { Module } from '../nn/module.js';
import { clampOperator, resolveClamp } from '../tensor/clamp.js';
import { divOperator } from '../tensor/div.js';
import { mulOperator } from '../tensor/mul.js';
import { tanhOperator } from '../tensor/tanh.js';
import { Tensor } from '../tensor/tensor.js';
import type { ValueRange } from './family.js';

/**
 * A network that makes the difference between its output and its input: `clamp(x + network(x))`, [N, C, H, W] → [N, C, H, W].
 * The state dict is the network's own, key by key, so that what is saved of it loads in PyTorch.
 *
 * @see KupynOrest/DeblurGAN, models/networks.py, `learn_residual`
 */
export class Residual extends Module {
  readonly network: Module;
  /** Of the input, and of the output. */
  readonly inputRange: ValueRange;

  /** @param range What the sum is clamped to. */
  constructor(network: Module, range: ValueRange) {
    super();
    // Without a name of its own, it adds nothing to the keys.
    this.network = this.registerModule('', network);
    this.inputRange = range;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const [min, max] = this.inputRange;
    return g.apply(clampOperator, [g.add(x, g.call(this.network, x))], resolveClamp({ min, max }));
  }
}

/**
 * A network whose layers end in tanh, with its input added before that: `tanh(x + layers(x))`, [N, C, H, W] → [N, C, H, W] in
 * [−1, 1]. The state dict is the network's own.
 *
 * By the addition theorem, from the network as it is: tanh(a + b) = (tanh a + tanh b) / (1 + tanh a · tanh b). Inputs of
 * [−1, 1] keep the divisor above 0.23.
 *
 * @see xw-hu/Mask-ShadowGAN, models_guided.py, `Generator_S2F`
 */
export class TanhResidual extends Module {
  readonly network: Module;
  /** Of the input, and of the output. */
  readonly inputRange: ValueRange = [-1, 1];

  /** @param network Ends in tanh. */
  constructor(network: Module) {
    super();
    this.network = this.registerModule('', network);
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const made = g.call(this.network, x);
    const added = g.apply(tanhOperator, [x], {});
    const product = g.apply(mulOperator, [made, added], {});
    const divisor = g.add(product, g.constant(Tensor.full([1, 1, 1, 1], 1)));
    return g.apply(divOperator, [g.add(made, added), divisor], {});
  }
}
