import type { GraphBuilder, Value } from '../../graph/builder.js';
import { NamedSequential } from './namedSequential.js';

/**
 * `x + f(x)`, f being modules applied one after the other: `[N, C, H, W]` → `[N, C, H, W]`.
 *
 * @see He et al., arXiv:1512.03385
 */
export class ResidualSequence extends NamedSequential {
  override trace(g: GraphBuilder, x: Value): Value {
    return g.add(x, super.trace(g, x));
  }
}
