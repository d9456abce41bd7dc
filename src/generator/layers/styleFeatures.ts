import type { GraphBuilder, Value } from '../../graph/builder.js';
import { Linear } from '../../nn/linear.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import { adaptiveAvgPool2dOperator } from '../../tensor/adaptiveAvgPool2d.js';
import { resolveAdaptivePool } from '../../tensor/adaptivePooling.js';
import { reshapeOperator, resolveFlatten, resolveReshape } from '../../tensor/reshape.js';

/** Two fully connected layers that make a style of features: `[N, inFeatures]` → `[N, dim]`. */
export function styleLayers(inFeatures: number, dim: number, bias: boolean): Sequential {
  return new Sequential(
    new Linear(inFeatures, dim, { bias }),
    new ReLU(true),
    new Linear(dim, dim, { bias }),
    new ReLU(true),
  );
}

/** Features of `[N, C, H, W]`: the mean of each channel, `[N, C]`, or all elements, `[N, C·H·W]`. */
export function styleFeatures(g: GraphBuilder, x: Value, pooled: boolean): Value {
  return flat(g, pooled ? channelMeans(g, x) : x);
}

/** `[N, C, H, W]` → `[N, C, 1, 1]`. */
function channelMeans(g: GraphBuilder, x: Value): Value {
  const attributes = resolveAdaptivePool('adaptiveAvgPool2d', 1);
  return g.apply(adaptiveAvgPool2dOperator, [x], attributes);
}

function flat(g: GraphBuilder, x: Value): Value {
  return g.apply(reshapeOperator, [x], resolveFlatten(x.shape, 1, -1));
}

/** `[N, C]` → `[N, C, 1, 1]`, which scales and shifts the channels of a picture. */
export function asPixel(g: GraphBuilder, x: Value): Value {
  return g.apply(reshapeOperator, [x], resolveReshape(x.shape, [...x.shape, 1, 1]));
}
