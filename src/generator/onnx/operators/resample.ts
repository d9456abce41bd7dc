import type { Value } from '../../../graph/builder.js';
import { conv2dOperator, resolveConv2d } from '../../../tensor/conv2d.js';
import { padOperator } from '../../../tensor/pad.js';
import { pixelShuffleOperator, resolvePixelShuffle } from '../../../tensor/pixelShuffle.js';
import type { Lower } from '../lowering.js';
import type { AxisScale, Taps } from './samples.js';

/** An axis, and what each of its pixels becomes. */
export interface ResampledAxis extends AxisScale {
  readonly taps: readonly Taps[];
}

/** Weights that are the same for every so many-th pixel of the result: all there is to know of an axis. */
interface Phases {
  /** A list for each phase, of one length. */
  readonly weights: readonly (readonly number[])[];
  /** Pixels around the input that they reach for. */
  readonly before: number;
  readonly after: number;
  /** How far apart windows are. */
  readonly stride: number;
}

/** Taps differ by rounding. */
const SAME = 1e-6;
/** Larger factors have more weights than whole rows have. */
const MAX_FACTOR = 8;

/**
 * Pictures whose pixels are weighted sums of others, axis by axis: `[N, C, H, W]` → `[N, C, H', W']`. Where the factor is whole, and all
 * but the edges goes by one pattern, that is one convolution of each channel, whose edges are repeated; else every pixel has weights
 * of its own.
 */
export function resampled(
  node: Lower,
  x: Value,
  [rows, columns]: readonly [ResampledAxis, ResampledAxis],
): Value {
  return (
    byPhases(node, x, rows, columns) ??
    byRows(node, byRows(node, x, columns, 'columns'), rows, 'rows')
  );
}

function byPhases(
  node: Lower,
  x: Value,
  rows: ResampledAxis,
  columns: ResampledAxis,
): Value | null {
  const [vertical, horizontal] = [phasesOf(rows), phasesOf(columns)];
  if (vertical === null || horizontal === null) return null;
  const factor = vertical.weights.length;
  if (factor !== horizontal.weights.length) return null;
  const channels = x.shape[1];
  const [height, width] = [vertical, horizontal].map(({ weights }) => weights[0].length);
  const outputs = factor * factor;
  const numbers: number[] = [];
  takeRoom(node, channels * outputs * height * width);
  for (let i = 0; i < channels * outputs; i++) {
    const phase = i % outputs;
    const down = vertical.weights[Math.floor(phase / factor)];
    const across = horizontal.weights[phase % factor];
    for (const a of down) for (const b of across) numbers.push(a * b);
  }
  const weight = node.numbers('phases', numbers, [channels * outputs, 1, height, width]);
  const padding = [horizontal.before, horizontal.after, vertical.before, vertical.after] as const;
  const padded = padding.every((side) => side === 0)
    ? x
    : node.g.apply(padOperator, [x], { mode: 'replicate', padding });
  const stride = [vertical.stride, horizontal.stride] as const;
  const attributes = resolveConv2d({ stride, groups: channels });
  const made = node.g.apply(conv2dOperator, [padded, weight, null], attributes);
  return factor === 1
    ? made
    : node.g.apply(pixelShuffleOperator, [made], resolvePixelShuffle(factor));
}

/** `null` where the factor is not whole, or edges are not those of a repeated edge. */
function phasesOf({ from, to, taps }: ResampledAxis): Phases | null {
  const factor = to % from === 0 ? to / from : 1;
  const stride = from % to === 0 ? from / to : 1;
  if ((to !== from * factor && from !== to * stride) || factor > MAX_FACTOR) return null;
  const first = Math.min(...taps.slice(0, factor).map((tap) => tap.first));
  const last = Math.max(...taps.slice(0, factor).map((tap) => tap.first + tap.weights.length));
  const length = last - first;
  const aligned = taps.slice(0, factor).map((tap) => moved(tap, first, length));
  const isPeriodic = taps.every((tap, i) => {
    const at = first + stride * Math.floor(i / factor);
    return moved(tap, at, length).every((w, j) => Math.abs(w - aligned[i % factor][j]) < SAME);
  });
  const before = -first;
  // Windows begin at 0, and the last of them ends here.
  const after = (to / factor - 1) * stride + length - from - before;
  return isPeriodic && before >= 0 && after >= 0
    ? { weights: aligned, before, after, stride }
    : null;
}

/** The weights of the pixels from `at` on; NaN where one of them would be lost. */
function moved({ first, weights }: Taps, at: number, length: number): readonly number[] {
  const list = new Array<number>(length).fill(0);
  for (const [i, weight] of weights.entries()) {
    const place = first + i - at;
    if (place >= 0 && place < length) list[place] = weight;
    else if (Math.abs(weight) > SAME) return new Array<number>(length).fill(Number.NaN);
  }
  return list;
}

/**
 * Weighted sums along the last axis, which changes places with the one before it: `[N, C, H, W]` → `[N, C, W', H]`. Done twice, both are
 * where they were.
 */
function byRows(node: Lower, x: Value, { from, to, taps }: ResampledAxis, what: string): Value {
  const [batch, channels, height] = x.shape;
  takeRoom(node, channels * to * from);
  const matrix = new Float64Array(to * from);
  for (const [i, { first, weights }] of taps.entries()) {
    for (const [j, weight] of weights.entries()) {
      matrix[i * from + Math.min(Math.max(first + j, 0), from - 1)] += weight;
    }
  }
  const numbers = Array.from({ length: channels }, () => [...matrix]).flat();
  const weight = node.numbers(what, numbers, [channels * to, 1, 1, from]);
  const attributes = resolveConv2d({ groups: channels });
  const made = node.g.apply(conv2dOperator, [x, weight, null], attributes);
  return node.reshape(made, [batch, channels, to, height]);
}

function takeRoom(node: Lower, size: number): void {
  if (size > node.room.left) throw node.refusal(`it takes ${size} weights, which is too many`);
  node.room.left -= size;
}
