import { catOperator } from '../../../../tensor/cat.js';
import { storedValue } from '../lazyValue.js';
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
    takes: ({ attributes: { dim }, shape }) => dim === shape.length - 3 || dim === -3,
  },
);
