import { axisOf } from '../../../../tensor/shape.js';
import { softmaxOperator } from '../../../../tensor/softmax.js';
import { storedValue } from '../lazyValue.js';
import { channelAxis } from '../pictures.js';
import { rule } from '../rule.js';

/** Along channels, which lie side by side. */
export const softmaxRule = rule(
  softmaxOperator,
  (fuser, node) => {
    const source = fuser.readable(fuser.operand(node, 0));
    const to = fuser.store(node.shape);
    fuser.push({ kind: 'softmax', source, to });
    return storedValue(to, 1);
  },
  {
    vectors: true,
    takes: ({ attributes: { dim }, shape }) => axisOf('softmax', dim, shape) === channelAxis(shape),
  },
);
