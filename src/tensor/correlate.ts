import type { AxisPhase } from './axisPhase.js';
import { phaseMargin } from './axisPhase.js';

/**
 * The one loop under every convolution, direct or transposed: an implicit matrix product
 *
 *     out[oc][pixel] = bias[oc] + Σ_k weight[oc][k] · input[k][pixel],   k = (ic, tap row, tap column)
 *
 * over the output positions of a row phase and a column phase. Accumulators are doubles: a
 * float32 product is exact in double, and in JavaScript double arithmetic needs no rounding steps,
 * so this is both truer and faster than float32 would be. The sum runs along k in a fixed order.
 *
 * Nothing is skipped for being zero: 0 · Infinity is NaN, and has to arrive.
 */
export interface Correlation {
  /** `[N, C, H, W]`. */
  readonly input: Float32Array;
  readonly batch: number;
  readonly inChannels: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly groups: number;
  /** Element `[oc, ic, ky, kx]` lies at `oc·outStride + ic·inStride + ky·kernelWidth + kx`, `oc` and `ic` within the group. */
  readonly weight: Float32Array;
  readonly weightStrides: { readonly group: number; readonly out: number; readonly in: number };
  readonly kernelWidth: number;
  readonly bias: Float32Array | null;
  readonly outChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** Rows (output channels) and columns (pixels) of a register block; 4 × 3 is what sixteen registers hold best. */
const BLOCK_OUT = 4;
const BLOCK_PIXELS = 3;
/** Pixels packed at a time: the panel of the widest layer (K = 2304) stays in the L2 cache. */
const PANEL_PIXELS = 16 * BLOCK_PIXELS;

/** What the loops of one call share. Lists in brackets are the layouts, outermost first. */
interface Work {
  readonly c: Correlation;
  readonly plane: PaddedPlane;
  /** Channels of a group. */
  readonly groupIn: number;
  readonly groupOut: number;
  /** Of the sum: `groupIn` times the taps. */
  readonly depth: number;
  readonly tapOffset: Int32Array;
  /** `[groupIn]` planes with zeros around; `null` where none are read. */
  readonly padded: Float32Array | null;
  /** `[oc/4][k][4]`. */
  readonly weights: Float32Array;
  /** `[pixel/3][k][3]`. */
  readonly panel: Float32Array;
  /** `[3][4]`. */
  readonly block: Float64Array;
  /** Of the panel's pixels: where each reads, and where it is written. */
  readonly inOffset: Int32Array;
  readonly outOffset: Int32Array;
}

/** Writes the outputs of `rows` × `cols` into `out` (`[N, outChannels, outHeight, outWidth]`). */
export function correlate(
  c: Correlation,
  rows: AxisPhase,
  cols: AxisPhase,
  out: Float32Array,
): void {
  const work = workFor(c, rows, cols);
  for (let group = 0; group < c.groups; group++) {
    packWeights(c, rows, cols, group, work.groupIn, work.groupOut, work.weights);
    for (let n = 0; n < c.batch; n++) correlateGroup(work, rows, cols, n, group, out);
  }
}

function workFor(c: Correlation, rows: AxisPhase, cols: AxisPhase): Work {
  const groupIn = c.inChannels / c.groups;
  const groupOut = c.outChannels / c.groups;
  const plane = paddedPlane(c, rows, cols);
  const tapOffset = Int32Array.from(
    rows.taps.flatMap((row) =>
      cols.taps.map((col) => (row.offset + plane.top) * plane.width + col.offset + plane.left),
    ),
  );
  const depth = groupIn * tapOffset.length;
  return {
    c,
    plane,
    groupIn,
    groupOut,
    depth,
    tapOffset,
    padded: plane.isInput ? null : new Float32Array(groupIn * plane.size),
    weights: new Float32Array(Math.ceil(groupOut / BLOCK_OUT) * depth * BLOCK_OUT),
    panel: new Float32Array(PANEL_PIXELS * depth),
    block: new Float64Array(BLOCK_OUT * BLOCK_PIXELS),
    inOffset: new Int32Array(PANEL_PIXELS),
    outOffset: new Int32Array(PANEL_PIXELS),
  };
}

/** One group of one picture, a panel of pixels at a time. */
function correlateGroup(
  work: Work,
  rows: AxisPhase,
  cols: AxisPhase,
  n: number,
  group: number,
  out: Float32Array,
): void {
  const { c, plane, groupIn, tapOffset, padded, panel, inOffset, outOffset } = work;
  const planes = (n * c.groups + group) * groupIn;
  const base = padded === null ? planes * plane.size : 0;
  if (padded !== null) copyPadded(c, planes, groupIn, plane, padded);
  const pixels = rows.count * cols.count;
  for (let first = 0; first < pixels; first += PANEL_PIXELS) {
    const count = Math.min(PANEL_PIXELS, pixels - first);
    locatePixels(first, count, rows, cols, plane.width, c.outWidth, inOffset, outOffset);
    packPixels(padded ?? c.input, base, plane.size, groupIn, tapOffset, inOffset, count, panel);
    multiplyPanel(work, n, group, count, out);
  }
}

/** `count` pixels by all output channels of the group, a block at a time. */
function multiplyPanel(
  work: Work,
  n: number,
  group: number,
  count: number,
  out: Float32Array,
): void {
  const { c, groupOut, depth, weights, panel, block } = work;
  const planeSize = c.outHeight * c.outWidth;
  for (let oc = 0; oc < groupOut; oc += BLOCK_OUT) {
    const firstChannel = group * groupOut + oc;
    const to = (n * c.outChannels + firstChannel) * planeSize;
    const channels = Math.min(BLOCK_OUT, groupOut - oc);
    for (let pixel = 0; pixel < count; pixel += BLOCK_PIXELS) {
      multiplyBlock(weights, oc * depth, panel, pixel * depth, depth, block);
      const wide = Math.min(BLOCK_PIXELS, count - pixel);
      storeBlock(work, firstChannel, channels, pixel, wide, out, to);
    }
  }
}

/** Writes a block of `channels` by `wide` pixels, with the bias; `to` is the first channel's plane. */
function storeBlock(
  { c: { bias, outHeight, outWidth }, block, outOffset }: Work,
  firstChannel: number,
  channels: number,
  pixel: number,
  wide: number,
  out: Float32Array,
  to: number,
): void {
  for (let o = 0; o < channels; o++) {
    const add = bias === null ? 0 : bias[firstChannel + o];
    const plane = to + o * outHeight * outWidth;
    for (let p = 0; p < wide; p++) {
      out[plane + outOffset[pixel + p]] = block[p * BLOCK_OUT + o] + add;
    }
  }
}

interface PaddedPlane {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  readonly size: number;
  /** No zeros are read: the input serves as it is. */
  readonly isInput: boolean;
}

function paddedPlane(c: Correlation, rows: AxisPhase, cols: AxisPhase): PaddedPlane {
  const vertical = phaseMargin(rows, c.inHeight);
  const horizontal = phaseMargin(cols, c.inWidth);
  const height = vertical.before + c.inHeight + vertical.after;
  const width = horizontal.before + c.inWidth + horizontal.after;
  return {
    top: vertical.before,
    left: horizontal.before,
    height,
    width,
    size: height * width,
    isInput: height === c.inHeight && width === c.inWidth,
  };
}

function copyPadded(
  c: Correlation,
  firstPlane: number,
  planes: number,
  plane: PaddedPlane,
  padded: Float32Array,
): void {
  for (let ic = 0; ic < planes; ic++) {
    for (let y = 0; y < c.inHeight; y++) {
      const from = ((firstPlane + ic) * c.inHeight + y) * c.inWidth;
      const to = ic * plane.size + (y + plane.top) * plane.width + plane.left;
      padded.set(c.input.subarray(from, from + c.inWidth), to);
    }
  }
}

/** Into `[oc/4][k][4]`; the last block is filled up with zeros, whose products are not stored. */
function packWeights(
  c: Correlation,
  rows: AxisPhase,
  cols: AxisPhase,
  group: number,
  groupIn: number,
  groupOut: number,
  packed: Float32Array,
): void {
  let to = 0;
  for (let first = 0; first < groupOut; first += BLOCK_OUT) {
    for (let ic = 0; ic < groupIn; ic++) {
      for (const row of rows.taps) {
        for (const col of cols.taps) {
          const from =
            group * c.weightStrides.group +
            ic * c.weightStrides.in +
            row.kernel * c.kernelWidth +
            col.kernel;
          for (let o = first; o < first + BLOCK_OUT; o++) {
            packed[to++] = o < groupOut ? c.weight[from + o * c.weightStrides.out] : 0;
          }
        }
      }
    }
  }
}

/** Where each pixel of the panel reads (its first tap's origin) and where it is written. */
function locatePixels(
  first: number,
  count: number,
  rows: AxisPhase,
  cols: AxisPhase,
  planeWidth: number,
  outWidth: number,
  inOffset: Int32Array,
  outOffset: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const y = Math.floor((first + i) / cols.count);
    const x = first + i - y * cols.count;
    inOffset[i] = y * rows.inStep * planeWidth + x * cols.inStep;
    outOffset[i] = (rows.outStart + y * rows.outStep) * outWidth + cols.outStart + x * cols.outStep;
  }
  // The last block may be short: its spare columns repeat a pixel that exists and are not stored.
  for (let i = count; i < inOffset.length; i++) inOffset[i] = inOffset[count - 1];
}

/** Into `[pixel/3][k][3]`, so that the product reads both factors front to back. */
function packPixels(
  input: Float32Array,
  base: number,
  planeSize: number,
  planes: number,
  tapOffset: Int32Array,
  inOffset: Int32Array,
  count: number,
  panel: Float32Array,
): void {
  const taps = tapOffset.length;
  let to = 0;
  for (let pixel = 0; pixel < count; pixel += BLOCK_PIXELS) {
    const p0 = inOffset[pixel];
    const p1 = inOffset[pixel + 1];
    const p2 = inOffset[pixel + 2];
    for (let ic = 0; ic < planes; ic++) {
      const from = base + ic * planeSize;
      for (let t = 0; t < taps; t++) {
        const at = from + tapOffset[t];
        panel[to] = input[at + p0];
        panel[to + 1] = input[at + p1];
        panel[to + 2] = input[at + p2];
        to += 3;
      }
    }
  }
}

/**
 * `block[3][4] = Σ_k a[k][4] ⊗ b[k][3]`. Twelve accumulators, four loaded weights and one pixel at
 * a time are all that fits into sixteen registers: another row or column spills and halves the
 * speed. The function is kept this small because the optimiser compiles it as a whole.
 */
function multiplyBlock(
  a: Float32Array,
  aAt: number,
  b: Float32Array,
  bAt: number,
  depth: number,
  block: Float64Array,
): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c03 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c13 = 0;
  let c20 = 0;
  let c21 = 0;
  let c22 = 0;
  let c23 = 0;
  for (let k = 0; k < depth; k++) {
    const a0 = a[aAt];
    const a1 = a[aAt + 1];
    const a2 = a[aAt + 2];
    const a3 = a[aAt + 3];
    let v = b[bAt];
    c00 += a0 * v;
    c01 += a1 * v;
    c02 += a2 * v;
    c03 += a3 * v;
    v = b[bAt + 1];
    c10 += a0 * v;
    c11 += a1 * v;
    c12 += a2 * v;
    c13 += a3 * v;
    v = b[bAt + 2];
    c20 += a0 * v;
    c21 += a1 * v;
    c22 += a2 * v;
    c23 += a3 * v;
    aAt += 4;
    bAt += 3;
  }
  block[0] = c00;
  block[1] = c01;
  block[2] = c02;
  block[3] = c03;
  block[4] = c10;
  block[5] = c11;
  block[6] = c12;
  block[7] = c13;
  block[8] = c20;
  block[9] = c21;
  block[10] = c22;
  block[11] = c23;
}
