import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Module } from '../../nn/module.js';
import { Parameter } from '../../nn/parameter.js';
import { groupNormOperator, resolveGroupNorm } from '../../tensor/groupNorm.js';
import { mulOperator } from '../../tensor/mul.js';
import { subOperator } from '../../tensor/sub.js';

/**
 * A mean of an instance norm and a layer norm, by a weight of each channel: `ρ · IN(x) + (1 − ρ) · LN(x)`, both by unbiased
 * variances. `[N, numFeatures, H, W]` keeps its shape. Scale and shift are left to the caller.
 *
 * @see Kim et al., arXiv:1907.10830; znxlwm/UGATIT-pytorch, networks.py, adaILN
 */
export class AdaptiveInstanceLayerNorm extends Module {
  /** `[1, numFeatures, 1, 1]`, from 0 to 1. */
  readonly rho: Parameter;

  constructor(numFeatures: number) {
    super();
    this.rho = this.registerParameter('rho', Parameter.filled([1, numFeatures, 1, 1], 0.9));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return mixedNorm(g, x, g.parameter(this.rho));
  }
}

/**
 * The same with a learned scale and shift per channel, in place of those that are made of the picture.
 *
 * @see znxlwm/UGATIT-pytorch, networks.py, ILN
 */
export class InstanceLayerNorm extends Module {
  /** `[1, numFeatures, 1, 1]` each. */
  readonly rho: Parameter;
  readonly gamma: Parameter;
  readonly beta: Parameter;

  constructor(numFeatures: number) {
    super();
    const filled = (value: number) => Parameter.filled([1, numFeatures, 1, 1], value);
    this.rho = this.registerParameter('rho', filled(0));
    this.gamma = this.registerParameter('gamma', filled(1));
    this.beta = this.registerParameter('beta', filled(0));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    const normed = mixedNorm(g, x, g.parameter(this.rho));
    return scaledAndShifted(g, normed, g.parameter(this.gamma), g.parameter(this.beta));
  }
}

/** `LN + ρ · (IN − LN)`: of the two norms, one alone has to be stored. */
function mixedNorm(g: GraphBuilder, x: Value, rho: Value): Value {
  const normed = (groups: number) =>
    g.apply(groupNormOperator, [x, null, null], resolveGroupNorm(groups, { correction: 1 }));
  const layer = normed(1);
  const difference = g.apply(subOperator, [normed(x.shape[1]), layer], {});
  return g.add(g.apply(mulOperator, [difference, rho], {}), layer);
}

/** @param gamma `[1 or N, C, 1, 1]`, as `beta`. */
export function scaledAndShifted(g: GraphBuilder, x: Value, gamma: Value, beta: Value): Value {
  return g.add(g.apply(mulOperator, [x, gamma], {}), beta);
}
