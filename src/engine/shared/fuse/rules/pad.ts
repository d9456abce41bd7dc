import { type PadAttributes, padOperator } from '../../../../tensor/pad.js';
import { type Border, sizeWithBorder } from '../lazyValue.js';
import { rule } from '../rule.js';

/** What is taken away is taken first, unless the border repeats some of that. */
export const padRule = rule(
  padOperator,
  (fuser, node) => {
    const { padding } = node.attributes;
    const value = fuser.operand(node, 0);
    const border = borderOf(node.attributes);
    if (padding.every((side) => side >= 0)) return fuser.surround(value, border);
    const cropped = (of: readonly [height: number, width: number]) => ({
      top: Math.max(0, -padding[2]),
      left: Math.max(0, -padding[0]),
      height: of[0] + Math.min(0, padding[2]) + Math.min(0, padding[3]),
      width: of[1] + Math.min(0, padding[0]) + Math.min(0, padding[1]),
    });
    const size = sizeWithBorder(value);
    if (cropsFirst(node.attributes, size)) {
      return fuser.surround(fuser.crop(value, cropped(size)), border);
    }
    const whole = fuser.surround(value, border);
    return fuser.crop(whole, cropped(sizeWithBorder(whole)));
  },
  { takes: ({ shape }) => shape.every((side, axis) => side > 0 || axis < shape.length - 2) },
);

/** What a pad puts around. */
export function borderOf({ mode, padding }: PadAttributes): Border {
  const [left, right, top, bottom] = padding.map((side) => Math.max(0, side));
  return { mode: mode === 'constant' ? 'zero' : mode, left, right, top, bottom };
}

/** Whether what a pad takes away can be taken first, from `[height, width]`: something is left, and the border repeats none of the rest. */
export function cropsFirst(
  attributes: PadAttributes,
  [height, width]: readonly [height: number, width: number],
): boolean {
  const [left, right, top, bottom] = attributes.padding.map((side) => Math.min(0, side));
  const rest = { height: height + top + bottom, width: width + left + right };
  return Math.min(rest.height, rest.width) > 0 && isWithin(attributes, rest);
}

/** Whether what is left is enough for a border to mirror. */
function isWithin(
  { mode, padding: [left, right, top, bottom] }: PadAttributes,
  rest: { readonly height: number; readonly width: number },
): boolean {
  return (
    mode !== 'reflect' ||
    (Math.max(left, right) < rest.width && Math.max(top, bottom) < rest.height)
  );
}
