import { linearOperator } from '../../../../tensor/linear.js';
import { storedValue } from '../lazyValue.js';
import { rule } from '../rule.js';

export const linearRule = rule(
  linearOperator,
  (fuser, node) => {
    const source = fuser.materialize(fuser.operand(node, 0));
    const to = fuser.store(node.shape);
    const [weight, bias] = [fuser.weight(node, 1) as number, fuser.weight(node, 2)];
    fuser.push({ kind: 'linear', source, weight, bias, to });
    return storedValue(to);
  },
  { pictures: 1, vectors: true, takes: ({ shape }) => shape.length === 2 },
);
