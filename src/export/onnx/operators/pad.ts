import { type PadMode, padOperator } from '../../../tensor/pad.js';
import { namesOf, spelling } from '../spelling.js';

const MODES: Readonly<Record<PadMode, string>> = {
  constant: 'constant',
  reflect: 'reflect',
  replicate: 'edge',
};
/** Beyond every side. */
const END = 2 ** 31 - 1;

/** The border first, and then what is taken away: PyTorch mirrors that, too, and not every runtime knows negative pads. */
export const padSpelling = spelling(padOperator, (writer, node, operands) => {
  const { mode, padding } = node.attributes;
  const [left, right, top, bottom] = padding.map((side) => Math.max(0, side));
  const isCropped = padding.some((side) => side < 0);
  let [value] = namesOf(operands);
  if (!isCropped || left + right + top + bottom > 0) {
    const pads = writer.integers([0, 0, top, left, 0, 0, bottom, right]);
    value = writer.add('Pad', [value, pads], { mode: MODES[mode] });
  }
  if (!isCropped) return value;
  const starts = [padding[2], padding[0]].map((side) => Math.max(0, -side));
  const ends = [padding[3], padding[1]].map((side) => (side < 0 ? side : END));
  const inputs = [starts, ends, [2, 3]].map((integers) => writer.integers(integers));
  return writer.add('Slice', [value, ...inputs]);
});
