import { catOperator } from '../../../../tensor/cat.js';
import { axisOf } from '../../../../tensor/shape.js';
import { storedValue } from '../lazyValue.js';
import { channelAxis } from '../pictures.js';
import { rule } from '../rule.js';

/** Channels behind channels: each operand is written to its place, with what was pending. */
export const catRule = rule(
  catOperator,
  (fuser, node) => {
    const sources = node.operands.map((_, index) => fuser.readable(fuser.operand(node, index)));
    const to = fuser.store(node.shape);
    fuser.push({ kind: 'concatenate', sources, to });
    return storedValue(to, Math.max(...sources.map(({ core }) => core.bound)));
  },
  {
    vectors: true,
    takes: ({ attributes: { dim }, shape }) => axisOf('cat', dim, shape) === channelAxis(shape),
  },
);
