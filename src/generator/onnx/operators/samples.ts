import type { Lower } from '../lowering.js';

/** How an axis is resized. */
export interface AxisScale {
  readonly from: number;
  readonly to: number;
  /** As given, or of the sides. */
  readonly scale: number;
}

/** What a pixel of the result is made of: weights of the pixels from `first` on, some of which may lie outside. */
export interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** Ways from a pixel of the result to a place in the input. */
const KNOWN: readonly string[] = [
  'asymmetric',
  'align_corners',
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'tf_half_pixel_for_nn',
];

/** Of older versions, no attribute says; newer ones have another default. */
export function coordinates(node: Lower): string {
  const how = isOld(node)
    ? 'asymmetric'
    : node.text('coordinate_transformation_mode', 'half_pixel');
  if (!KNOWN.includes(how)) {
    throw node.refusal(`its coordinates are ${how}, which is not known here`);
  }
  return how;
}

function isOld(node: Lower): boolean {
  return node.node.type === 'Upsample' || node.opset < 11;
}

/** Where in the input a pixel of the result lies. @see https://onnx.ai/onnx/operators/onnx__Resize.html */
function positionOf(how: string, { from, to, scale }: AxisScale): (index: number) => number {
  return (index) => {
    if (how === 'asymmetric') return index / scale;
    if (how === 'align_corners') return to === 1 ? 0 : (index * (from - 1)) / (to - 1);
    if (how === 'pytorch_half_pixel' && to === 1) return 0;
    if (how === 'tf_half_pixel_for_nn') return (index + 0.5) / scale;
    // What the result is longer or shorter than it should be is shared by both ends.
    const shared = how === 'half_pixel_symmetric' ? (from / 2) * (1 - to / (scale * from)) : 0;
    return shared + (index + 0.5) / scale - 0.5;
  };
}

/** What each pixel of an axis is made of, by ONNX's definition: for modes `nearest`, `linear` and `cubic`. */
export function tapsOf(node: Lower, mode: string, axis: AxisScale): readonly Taps[] {
  const position = positionOf(coordinates(node), axis);
  const at = (index: number): Taps => {
    const place = position(index);
    if (mode === 'nearest') return { first: nearest(place, nearestMode(node)), weights: [1] };
    const { kernel, reach } = kernelOf(node, mode);
    const shrunk = node.integer('antialias', 0) === 1 ? Math.min(axis.scale, 1) : 1;
    return taken(node, axis, weighted(place, kernel, reach, shrunk));
  };
  return Array.from({ length: axis.to }, (_, index) => at(index));
}

function nearestMode(node: Lower): string {
  return isOld(node) ? 'floor' : node.text('nearest_mode', 'round_prefer_floor');
}

/** Whole positions come with the rounding of a division. */
function nearest(at: number, mode: string): number {
  if (mode === 'floor') return Math.floor(at + 1e-7);
  if (mode === 'ceil') return Math.ceil(at - 1e-7);
  const down = Math.floor(at);
  const half = at - down - 0.5;
  if (Math.abs(half) < 1e-7) return mode === 'round_prefer_ceil' ? down + 1 : down;
  return half > 0 ? down + 1 : down;
}

interface Kernel {
  /** The weight of a pixel by its distance. */
  readonly kernel: (distance: number) => number;
  /** From there on, it is 0. */
  readonly reach: number;
}

function kernelOf(node: Lower, mode: string): Kernel {
  if (mode === 'linear') return { kernel: (x) => Math.max(0, 1 - Math.abs(x)), reach: 1 };
  if (mode !== 'cubic') throw node.refusal(`its mode is ${mode}, which is not known here`);
  const a = node.integer('cubic_coeff_a', -0.75);
  const kernel = (distance: number): number => {
    const x = Math.abs(distance);
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
  };
  return { kernel, reach: 2 };
}

/** @param shrunk Below 1, the kernel is as much wider: several pixels of the input become one. */
function weighted(place: number, kernel: Kernel['kernel'], reach: number, shrunk: number): Taps {
  const base = Math.floor(place);
  const wide = Math.ceil(reach / shrunk);
  const first = base - wide + 1;
  const weights = Array.from({ length: 2 * wide }, (_, i) => kernel((first + i - place) * shrunk));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return { first, weights: shrunk < 1 ? weights.map((weight) => weight / sum) : weights };
}

/** Without what lies outside, where that is not to count; the others make up for it. */
function taken(node: Lower, { from }: AxisScale, { first, weights }: Taps): Taps {
  if (node.integer('exclude_outside', 0) !== 1) return { first, weights };
  const inside = weights.map((weight, i) => (first + i >= 0 && first + i < from ? weight : 0));
  const sum = inside.reduce((total, weight) => total + weight, 0);
  return { first, weights: inside.map((weight) => weight / sum) };
}
