import { preluOperator } from '../../../../tensor/prelu.js';
import { storedValue } from '../lazyValue.js';
import { rule } from '../rule.js';

export const preluRule = rule(
  preluOperator,
  (fuser, node) => {
    const source = fuser.readable(fuser.operand(node, 0));
    const to = fuser.store(node.shape);
    const weight = fuser.weight(node, 1) as number;
    fuser.push({ kind: 'prelu', source, weight, to });
    // Slopes may come to be anything.
    return storedValue(to);
  },
  // Three dimensions are [N, C, L] to PyTorch, and no picture.
  { pictures: 1, vectors: true, takes: ({ shape }) => shape.length !== 3 },
);
