import {
  convTranspose2dOperator,
  resolveConvTranspose2d,
} from '../../../tensor/convTranspose2d.js';
import { padOperator } from '../../../tensor/pad.js';
import type { Lower, Lowering } from '../lowering.js';
import { Computed } from '../operand.js';
import { convolutionWeights } from './conv.js';
import { type Around, evenly, isEven, pairOf } from './windows.js';

/** A transposed convolution; what is taken off one side alone is taken off the whole result. */
export const convTranspose: Lowering = (node) => {
  const x = node.picture(0);
  const { weight, bias } = convolutionWeights(node);
  const [stride, dilation] = [pairOf(node, 'strides'), pairOf(node, 'dilations')];
  const given = pairOf(node, 'output_padding', [0, 0]);
  const whole = [0, 1].map(
    (axis) =>
      (x.shape[2 + axis] - 1) * stride[axis] +
      dilation[axis] * (weight.shape[2 + axis] - 1) +
      1 +
      given[axis],
  );
  const { more, off } = settled(
    node,
    takenOff(node, [x.shape[2], x.shape[3]], whole, stride),
    given,
  );
  const groups = node.integer('group', 1);
  if (more.some((side, axis) => side >= Math.max(stride[axis], dilation[axis]))) {
    throw node.refusal(
      'its output_padding is not smaller than its stride, which is not known here',
    );
  }
  const { before, after } = off;
  // As much as is taken off both sides is never computed.
  const padding = [Math.min(before[0], after[0]), Math.min(before[1], after[1])] as const;
  const attributes = resolveConvTranspose2d({
    stride,
    dilation,
    groups,
    padding,
    outputPadding: more,
  });
  const made = node.g.apply(convTranspose2dOperator, [x, weight, bias], attributes);
  if (isEven(off)) return new Computed(made);
  const rest = [
    padding[1] - before[1],
    padding[1] - after[1],
    padding[0] - before[0],
    padding[0] - after[0],
  ] as const;
  return new Computed(node.g.apply(padOperator, [made], { mode: 'constant', padding: rest }));
};

/** What an `output_shape` has more than the picture reaches comes behind it, as `output_padding` does. */
function settled(node: Lower, off: Around, given: readonly [number, number]) {
  const sums = [0, 1].map((axis) => off.before[axis] + off.after[axis]);
  if (sums.every((sum, axis) => sum >= 0 && off.before[axis] >= 0 && off.after[axis] >= 0)) {
    return { more: given, off };
  }
  if (node.integers('output_shape') === null) throw node.refusal('its pads are less than none');
  const kept = ([down, across]: readonly [number, number]) =>
    [sums[0] < 0 ? 0 : down, sums[1] < 0 ? 0 : across] as const;
  const more = [given[0] + Math.max(0, -sums[0]), given[1] + Math.max(0, -sums[1])] as const;
  return { more, off: { before: kept(off.before), after: kept(off.after) } };
}

/** `pads`, or what `output_shape` or `auto_pad` make of them. @param whole Sides without any of that. */
function takenOff(
  node: Lower,
  size: readonly [number, number],
  whole: readonly number[],
  stride: readonly [number, number],
): Around {
  const mode = node.text('auto_pad', 'NOTSET');
  const wanted = node.integers('output_shape')?.slice(-2) ?? null;
  if (wanted !== null || mode.startsWith('SAME')) {
    const sides = wanted ?? size.map((side, axis) => side * stride[axis]);
    return evenly(
      whole.map((side, axis) => side - sides[axis]),
      mode !== 'SAME_UPPER',
    );
  }
  const pads = mode === 'VALID' ? null : node.integers('pads');
  const [top = 0, left = 0, bottom = 0, right = 0] = pads ?? [];
  return { before: [top, left], after: [bottom, right] };
}
