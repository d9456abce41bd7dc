import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Conv2d } from '../../nn/conv2d.js';
import { Linear } from '../../nn/linear.js';
import type { Module } from '../../nn/module.js';
import { ReLU } from '../../nn/relu.js';
import { catOperator } from '../../tensor/cat.js';
import { mulOperator } from '../../tensor/mul.js';
import { reshapeOperator, resolveReshape } from '../../tensor/reshape.js';

/** The layers of a class activation map; `gapFc` and `gmpFc` are only asked for their weights. */
export interface ClassActivation {
  readonly gapFc: Linear;
  readonly gmpFc: Linear;
  readonly conv1x1: Conv2d;
  readonly relu: ReLU;
}

/**
 * Registers the layers of a class activation map of `dim` channels with a network, under the names that it has in U-GAT-IT.
 * @param register The network's own `registerModule`.
 * @param bias Whether the two classifiers have one, which pictures do not depend on.
 */
export function classActivation(
  register: <M extends Module>(name: string, module: M) => M,
  dim: number,
  bias: boolean,
): ClassActivation {
  return {
    gapFc: register('gap_fc', new Linear(dim, 1, { bias })),
    gmpFc: register('gmp_fc', new Linear(dim, 1, { bias })),
    conv1x1: register('conv1x1', new Conv2d(2 * dim, dim, 1)),
    relu: register('relu', new ReLU(true)),
  };
}

/**
 * Channels as two classifiers weigh them, one behind the other and convolved: `[N, dim, H, W]` keeps its shape.
 *
 * @see Kim et al., arXiv:1907.10830
 */
export function traceClassActivation(
  g: GraphBuilder,
  x: Value,
  { gapFc, gmpFc, conv1x1, relu }: ClassActivation,
): Value {
  const weighed = [gapFc, gmpFc].map(({ weight: { shape }, weight }) => {
    const sides = [...shape, 1, 1];
    const byChannel = g.apply(reshapeOperator, [g.parameter(weight)], resolveReshape(shape, sides));
    return g.apply(mulOperator, [x, byChannel], {});
  });
  return g.call(relu, g.call(conv1x1, g.apply(catOperator, weighed, { dim: 1 })));
}
