import { pixelUnshuffleOperator } from '../../../../../tensor/training/pixelUnshuffle.js';
import { storedValue } from '../../lazyValue.js';
import { rule } from '../../rule.js';

export const pixelUnshuffleRule = rule(pixelUnshuffleOperator, (fuser, node) => {
  const source = fuser.readable(fuser.operand(node, 0));
  const to = fuser.store(node.shape);
  fuser.push({ kind: 'pixelUnshuffle', source, factor: node.attributes.upscaleFactor, to });
  return storedValue(to, source.core.bound);
});
