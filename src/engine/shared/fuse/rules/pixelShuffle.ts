import { pixelShuffleOperator } from '../../../../tensor/pixelShuffle.js';
import { storedValue } from '../lazyValue.js';
import { rule } from '../rule.js';

export const pixelShuffleRule = rule(pixelShuffleOperator, (fuser, node) => {
  const source = fuser.readable(fuser.operand(node, 0));
  const to = fuser.store(node.shape);
  fuser.push({ kind: 'pixelShuffle', source, factor: node.attributes.upscaleFactor, to });
  return storedValue(to, source.core.bound);
});
