import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Linear } from '../../nn/linear.js';
import { Module } from '../../nn/module.js';
import { Parameter } from '../../nn/parameter.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { mulOperator } from '../../tensor/mul.js';
import { subOperator } from '../../tensor/sub.js';
import { AdaptiveInstanceLayerNorm, scaledAndShifted } from '../layers/instanceLayerNorm.js';
import { asPixel } from '../layers/styleFeatures.js';

/** What a scale or a shift is made of. */
interface Mixture {
  /** `[1, numFeatures]`: how much of it the content makes. */
  readonly weight: Parameter;
  readonly content: Module;
  readonly style: Module;
}

/**
 * A norm whose scale and shift are made of features of the content and of the style: `[N, numFeatures, H, W]` keeps its shape.
 *
 * @see minivision-ai/photo2cartoon, models/networks.py, SoftAdaLIN
 */
export class SoftAdaLIN extends Module {
  readonly norm: AdaptiveInstanceLayerNorm;
  readonly #gamma: Mixture;
  readonly #beta: Mixture;

  constructor(numFeatures: number) {
    super();
    const weights = ['w_gamma', 'w_beta'].map((name) =>
      this.registerParameter(name, Parameter.filled([1, numFeatures], 0)),
    );
    this.norm = this.registerModule('norm', new AdaptiveInstanceLayerNorm(numFeatures));
    const linear = () => new Linear(numFeatures, numFeatures);
    const contents = ['c_gamma', 'c_beta'].map((name) =>
      this.registerModule(name, new Sequential(linear(), new ReLU(true), linear())),
    );
    const styles = ['s_gamma', 's_beta'].map((name) => this.registerModule(name, linear()));
    [this.#gamma, this.#beta] = weights.map((weight, i) => ({
      weight,
      content: contents[i],
      style: styles[i],
    }));
  }

  /** The norm alone. */
  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.norm, x);
  }

  /** @param content `[N, numFeatures]`, as `style`. */
  traceStyled(g: GraphBuilder, x: Value, content: Value, style: Value): Value {
    const mixed = (mixture: Mixture) => {
      const own = g.call(mixture.style, style);
      const difference = g.apply(subOperator, [g.call(mixture.content, content), own], {});
      const weighed = g.apply(mulOperator, [difference, g.parameter(mixture.weight)], {});
      return asPixel(g, g.add(weighed, own));
    };
    const normed = g.call(this.norm, x);
    return scaledAndShifted(g, normed, mixed(this.#gamma), mixed(this.#beta));
  }
}
