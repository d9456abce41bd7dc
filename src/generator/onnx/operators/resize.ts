import type { Value } from '../../../graph/builder.js';
import { narrowOperator } from '../../../tensor/narrow.js';
import { padOperator } from '../../../tensor/pad.js';
import {
  axisSamples,
  type UpsampleAttributes,
  upsampleOperator,
} from '../../../tensor/upsample.js';
import { axisAt } from '../axes.js';
import type { Lower, Lowering } from '../lowering.js';
import { Computed } from '../operand.js';
import { type ResampledAxis, resampled } from './resample.js';
import { type AxisScale, coordinates, tapsOf } from './samples.js';

/** Sides of pictures are shorter. */
const MAX_SIDE = 1 << 20;

/**
 * Resize and Upsample. Which pixels of the input each of the result lies between is computed by ONNX's definition, and compared
 * with what there is here: modes that come to the same are the same.
 */
export const resize: Lowering = (node) => {
  const x = node.computed(0);
  const scaled = axisScales(node, x);
  if (x.view !== null || x.value.shape.length !== 4) throw node.refusal('its input is no picture');
  // A scale that adds less than a pixel moves them all the same, and half a pixel may be added to every place.
  const how = coordinates(node);
  const isSame = scaled.every(({ from, to, scale }) => from === to && scale === 1);
  if (isSame && how !== 'tf_half_pixel_for_nn') return x;
  const told = node.text('mode', 'nearest');
  const mode = told === 'bilinear' ? 'linear' : told;
  const taps = scaled.map((axis) => ({ ...axis, taps: tapsOf(node, mode, axis) }));
  const wanted = taps.map(samplesOf);
  const found = candidates(mode, scaled).find((attributes) =>
    scaled.every(({ from, to }, axis) => {
      const samples = wanted[axis];
      return samples !== null && areSame(axisSamples(attributes, axis as 0 | 1, from, to), samples);
    }),
  );
  if (found !== undefined) return x.with(node.g.apply(upsampleOperator, [x.value], found));
  const stretched = asymmetric(node, { how, mode }, x.value, scaled);
  if (stretched !== null) return new Computed(stretched, x.axes);
  return x.with(resampled(node, x.value, [taps[0], taps[1]]));
};

/** Rows and columns of the value. */
function axisScales(node: Lower, x: Computed): readonly [AxisScale, AxisScale] {
  const isUpsample = node.node.type === 'Upsample' || node.opset < 11;
  const rank = x.shape.length;
  const nonempty = (index: number) =>
    node.has(index) && node.constant(index).size > 0
      ? Array.from(node.constant(index).numbers)
      : null;
  const given = isUpsample ? node.list(1, 'scales') : nonempty(2);
  const sizes = isUpsample ? null : nonempty(3);
  const axes =
    node.integers('axes')?.map((axis) => axisAt(node, axis, rank)) ??
    Array.from({ length: rank }, (_, axis) => axis);
  if (node.text('keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    throw node.refusal('it keeps the aspect ratio');
  const list = given ?? sizes;
  if (list === null || list.length !== axes.length)
    throw node.refusal('it has neither scales nor sizes for its dimensions');
  const scales = x.shape.map((from, axis): AxisScale => {
    const at = axes.indexOf(axis);
    if (at < 0) return { from, to: from, scale: 1 };
    if (given === null) return { from, to: list[at], scale: list[at] / from };
    // As float32, in which it is written, may be a little less.
    return { from, to: Math.floor(from * list[at] + 1e-4), scale: list[at] };
  });
  const order = x.axes ?? scales.map((_, axis) => axis);
  if (
    !scales.every(({ to, scale }) => Number.isInteger(to) && to > 0 && to <= MAX_SIDE && scale > 0)
  ) {
    throw node.refusal('its scales or sizes are none');
  }
  const byValue = (axis: number) => scales[order.indexOf(axis)];
  if (rank !== 4 || [0, 1].some((axis) => byValue(axis).from !== byValue(axis).to)) {
    throw node.refusal('it resizes other dimensions than height and width');
  }
  return [byValue(2), byValue(3)];
}

interface Samples {
  readonly first: ArrayLike<number>;
  readonly second: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
}

/** The two pixels that each of the result lies between; `null` where it is made of more, or of others than repeat the edge. */
function samplesOf({ from, taps }: ResampledAxis): Samples | null {
  if (taps.some(({ weights }) => weights.length > 2)) return null;
  const within = (index: number) => Math.min(Math.max(index, 0), from - 1);
  return {
    first: taps.map(({ first }) => within(first)),
    second: taps.map(({ first, weights }) => within(first + weights.length - 1)),
    weight: taps.map(({ first, weights: [, weight = 0] }) =>
      within(first) === within(first + 1) ? 0 : weight,
    ),
  };
}

function candidates(
  mode: string,
  [rows, columns]: readonly [AxisScale, AxisScale],
): readonly UpsampleAttributes[] {
  const scaleFactor = [rows.scale, columns.scale] as const;
  const size = [rows.to, columns.to] as const;
  const isScaled = [rows, columns].every(({ from, to, scale }) => to === Math.floor(from * scale));
  const plain = { mode: mode === 'nearest' ? 'nearest' : 'bilinear', alignCorners: false } as const;
  return [
    ...(isScaled ? [{ ...plain, scaleFactor, size: null }] : []),
    { ...plain, scaleFactor: null, size },
    ...(mode === 'nearest' ? [] : [{ ...plain, alignCorners: true, scaleFactor: null, size }]),
  ];
}

/** Of a weight of nothing, it does not matter what else is read. */
function areSame(a: Samples, b: Samples): boolean {
  for (let i = 0; i < a.first.length; i++) {
    const [wa, wb] = [a, b].map(({ first, second, weight }) =>
      first[i] === second[i] ? 0 : weight[i],
    );
    if (Math.abs(wa - wb) > 1e-5 || a.first[i] !== b.first[i]) return false;
    if (wa > 1e-5 && a.second[i] !== b.second[i]) return false;
  }
  return true;
}

/**
 * Means between pixel `i` and the next, from `i` itself on, as TensorFlow once had them: with the edge repeated once more, corners
 * that stay corners lie a whole number of pixels apart, and what is too much is cut off.
 */
function asymmetric(
  node: Lower,
  { how, mode }: { readonly how: string; readonly mode: string },
  value: Value,
  scaled: readonly [AxisScale, AxisScale],
): Value | null {
  if (mode !== 'linear' || how !== 'asymmetric') return null;
  if (!scaled.every(({ from, to, scale }) => Number.isInteger(scale) && to === from * scale))
    return null;
  const [rows, columns] = scaled;
  const { g } = node;
  const padded = g.apply(padOperator, [value], { mode: 'replicate', padding: [0, 1, 0, 1] });
  const size = [rows.to + 1, columns.to + 1] as const;
  const attributes = { mode: 'bilinear', alignCorners: true, size, scaleFactor: null } as const;
  const large = g.apply(upsampleOperator, [padded], attributes);
  const cut = g.apply(narrowOperator, [large], { dim: 2, start: 0, length: rows.to });
  return g.apply(narrowOperator, [cut], { dim: 3, start: 0, length: columns.to });
}
