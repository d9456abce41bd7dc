import { axisSamples, upsampleOperator } from '../../../../tensor/upsample.js';
import { sizeWithBorder, storedValue } from '../lazyValue.js';
import { rule } from '../rule.js';

export const upsampleRule = rule(upsampleOperator, (fuser, node) => {
  const { attributes } = node;
  const source = fuser.readable(fuser.operand(node, 0));
  const [height, width] = sizeWithBorder(source);
  const to = fuser.store(node.shape);
  fuser.push({
    kind: 'upsample',
    source,
    isNearest: attributes.mode === 'nearest',
    rows: axisSamples(attributes, 0, height, to.height),
    columns: axisSamples(attributes, 1, width, to.width),
    to,
  });
  return storedValue(to, source.core.bound);
});
