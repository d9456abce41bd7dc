import { narrowOperator } from '../../../../tensor/narrow.js';
import { axisOf } from '../../../../tensor/shape.js';
import { storedValue } from '../lazyValue.js';
import { channelAxis } from '../pictures.js';
import { rule } from '../rule.js';

/** Some channels, or a part of the rows or columns. */
export const narrowRule = rule(
  narrowOperator,
  (fuser, node) => {
    const { dim, start } = node.attributes;
    // The parts of a value are mostly read one after the other, each with all that was pending.
    const source = fuser.writtenOnce(fuser.operand(node, 0));
    const behind = axisOf('narrow', dim, node.shape) - channelAxis(node.shape);
    if (behind === 0) {
      const to = fuser.store(node.shape);
      fuser.push({ kind: 'narrow', source, firstChannel: start, to });
      return storedValue(to, source.core.bound);
    }
    const [height, width] = node.shape.slice(-2);
    const [top, left] = behind === 1 ? [start, 0] : [0, start];
    return fuser.crop(source, { top, left, height, width });
  },
  {
    vectors: true,
    takes: ({ attributes: { dim, length }, shape }) =>
      length > 0 && axisOf('narrow', dim, shape) >= channelAxis(shape),
  },
);
