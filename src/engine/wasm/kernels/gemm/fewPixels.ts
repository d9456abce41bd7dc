import { f32x4, i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { emitRowSums, partialBytes } from '../rows/norm.js';
import { emitZeroRow } from '../rows/rows.js';
import {
  type BandStage,
  loadPointers,
  type OutputShape,
  type Pointers,
  RowLoader,
  type SourceShape,
} from '../rows/stage.js';
import { STAGE } from '../stageArguments.js';
import { emitMove, type Target } from '../target.js';
import { lastTap, type PhaseAxis } from './implicitGemm.js';
import { emitMicroKernel } from './microKernel.js';

/**
 * A convolution of many channels and few pixels, whose time is that of fetching its weights: 512 to 512 channels of 4×4
 * taps are 16 MB. So weights are fetched once, in the order in which they lie, and all pixels meet a part of them while
 * it is in the L1 cache; threads share output channels, not rows.
 *
 * A first stage lays out what each pixel reads, `[phase][pixel][tap][ic]`; a second one multiplies, an item being a panel
 * of output channels of a phase. Weights are `[panel][tap][ic][panel]`, taps of one phase after the other.
 */
export interface FewPixelsShape {
  readonly source: SourceShape;
  readonly inStep: readonly [vertical: number, horizontal: number];
  readonly phases: readonly FewPixelsPhase[];
  /** Channels: a multiple of the panel. */
  readonly out: OutputShape;
}

/** One phase, with those of its taps alone that some output reads. */
export interface FewPixelsPhase {
  readonly rows: PhaseAxis;
  readonly cols: PhaseAxis;
  /** Taps of the phases before. */
  readonly firstTap: number;
}

/** Steps along K for which weights and what pixels read stay in the L1 cache. */
const PART = 256;

/** Taps of a panel begin in different sets of the L1 cache: packing writes to all of them at a time. */
const TAP_GAP = 64;

export function tapsOf({ rows, cols }: Pick<FewPixelsPhase, 'rows' | 'cols'>): number {
  return rows.taps * cols.taps;
}

function pixelsOf({ rows, cols }: FewPixelsPhase): number {
  return rows.count * cols.count;
}

/** Bytes of a panel's weights of one tap. */
export function tapBytes(channels: number, panel: number): number {
  return channels * panel * 4 + TAP_GAP;
}

/** Bytes of what the pixels of all phases read. */
export function gatheredBytes({ phases, source }: FewPixelsShape): number {
  return phases.reduce((sum, phase) => sum + phaseBytes(phase, source.row.channels), 0);
}

function phaseBytes(phase: FewPixelsPhase, channels: number): number {
  return pixelsOf(phase) * pixelBytes(phase, channels);
}

/** Pixels begin in different sets of the L1 cache. */
function pixelBytes(phase: FewPixelsPhase, channels: number): number {
  return tapsOf(phase) * channels * 4 + 64;
}

/** Stage, one work item per row of pixels: what they read is gathered, for each phase. */
export function emitGather(
  module: ModuleWriter,
  target: Target,
  shape: FewPixelsShape,
): BandStage & { readonly items: number } {
  const { source, inStep, phases } = shape;
  const loader = new RowLoader(module, target, source);
  const first = Math.min(...phases.map(({ rows }) => rows.first));
  const count = Math.max(...phases.map(({ rows }) => lastTap(rows))) - first + 1;
  const items = Math.max(...phases.map(({ rows }) => rows.count));
  const key = `gather ${JSON.stringify([target, shape])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const p = loadPointers(f, args);
    const none = i32.const(0);
    const row = i32.add(i32.mul(item.value, i32.const(inStep[0])), i32.const(first));
    loader.load(f, p, scratch.value, row, i32.const(count), none, none);
    let before = 0;
    for (const phase of phases) {
      const begin = before;
      const write = () => gatherRow(f, shape, phase, { p, item, scratch, first, before: begin });
      if (phase.rows.count === items) write();
      else f.if(i32.lt(item.value, i32.const(phase.rows.count)), write);
      before += phaseBytes(phase, source.row.channels);
    }
  });
  return { stage, items, scratchBytes: count * loader.pitch };
}

/** What row `item` of a phase reads, from input rows in scratch memory, the first of which is `first`. */
function gatherRow(
  f: FunctionWriter,
  { source, inStep }: FewPixelsShape,
  phase: FewPixelsPhase,
  given: { p: Pointers; item: Local; scratch: Local; first: number; before: number },
): void {
  const { rows, cols } = phase;
  const { p, item, scratch, first, before } = given;
  const { channels, zeros } = source.row;
  const pitch = (source.row.width + sides(source)) * channels * 4;
  const pixel = pixelBytes(phase, channels);
  const [x, at, from, to] = f.locals('i32', 4);
  const start = (cols.first + zeros[0]) * channels * 4;
  f.emit(at.set(i32.add(scratch.value, i32.const(start))));
  const done = i32.mul(item.value, i32.const(cols.count * pixel));
  f.emit(to.set(i32.add(i32.add(p.tiles.value, done), i32.const(before))));
  f.repeat(x, cols.count, 1, () => {
    for (let row = 0; row < rows.taps; row++) {
      for (let column = 0; column < cols.taps; column++) {
        const down = (rows.first - first + row * rows.tapStep) * pitch;
        const offset = down + column * cols.tapStep * channels * 4;
        f.emit(from.set(i32.add(at.value, i32.const(offset))));
        emitMove(f, from, to, channels);
      }
    }
    f.advance(to, pixel - tapsOf(phase) * channels * 4);
    f.advance(at, inStep[1] * channels * 4);
  });
}

/** Pixels of a row beside those of the value. */
function sides({ row: { border, zeros } }: SourceShape): number {
  return border.left + border.right + zeros[0] + zeros[1];
}

/** Stage: an item is a panel of output channels of a phase, phases counting faster. */
export function emitMultiply(
  module: ModuleWriter,
  target: Target,
  shape: FewPixelsShape,
): BandStage & { readonly items: number } {
  const { source, phases, out } = shape;
  const { channels } = source.row;
  const panel = 4 * target.tile.vectors;
  const taps = phases.reduce((sum, phase) => sum + tapsOf(phase), 0);
  const panels = out.channels / panel;
  const key = `few pixels ${JSON.stringify([target, shape])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const p = loadPointers(f, args);
    const [index, channel] = f.locals('i32', 2);
    f.emit(index.set(i32.div(item.value, i32.const(phases.length))));
    f.emit(channel.set(i32.mul(index.value, i32.const(panel))));
    const own = i32.mul(index.value, i32.const(taps * tapBytes(channels, panel)));
    f.emit(p.weights.set(i32.add(p.weights.value, own)));
    const skip = (pointer: Local, bytes: number) =>
      pointer.set(i32.add(pointer.value, i32.mul(channel.value, i32.const(bytes))));
    f.emit(skip(p.out, 4), skip(p.bias, 4), skip(p.partials, 8));
    let before = 0;
    for (const [number, phase] of phases.entries()) {
      const handle = emitPhase(module, target, shape, phase, number);
      const gathered = i32.add(p.tiles.value, i32.const(before));
      before += phaseBytes(phase, channels);
      const weights = i32.add(
        p.weights.value,
        i32.const(phase.firstTap * tapBytes(channels, panel)),
      );
      const chosen = i32.eq(i32.rem(item.value, i32.const(phases.length)), i32.const(number));
      f.if(chosen, () =>
        f.call(
          handle,
          gathered,
          weights,
          p.out.value,
          p.bias.value,
          p.partials.value,
          scratch.value,
        ),
      );
    }
  });
  const most = Math.max(...phases.map(pixelsOf));
  return { stage, items: panels * phases.length, scratchBytes: most * panel * 4 };
}

/** `(gathered, weights, out, bias, partials, scratch)`: one panel of one phase. */
function emitPhase(
  module: ModuleWriter,
  target: Target,
  { source, out }: FewPixelsShape,
  phase: FewPixelsPhase,
  number: number,
): FunctionHandle {
  const { channels } = source.row;
  const panel = 4 * target.tile.vectors;
  const key = `few pixels of a phase ${JSON.stringify([target, channels, out, phase, number])}`;
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return module.define(key, params, (f, gathered, weights, to, bias, partials, sums) => {
    const pixels = pixelsOf(phase);
    let part = Math.min(channels, PART);
    while (channels % part > 0) part -= 4;
    const product = emitMicroKernel(module, target, {
      n: panel,
      run: part,
      middle: 1,
      middleStride: 0,
      outer: 1,
      outerStride: 0,
      aStride: pixelBytes(phase, channels),
      cStride: panel * 4,
      start: 'added',
      fetchesAhead: false,
      goesBeyond: false,
    });
    f.call(emitZeroRow(module, pixels * panel), sums.value);
    const [tap, i] = f.locals('i32', 2);
    f.repeat(tap, tapsOf(phase), 1, () => {
      f.repeat(i, channels, part, () => {
        const rows = i32.const(pixels);
        f.call(product, gathered.value, weights.value, sums.value, i32.const(0), rows);
        f.advance(gathered, part * 4);
        f.advance(weights, part * panel * 4);
      });
      f.advance(weights, TAP_GAP);
    });
    finish(f, out, phase, panel, { sums, to, bias });
    if (out.sums) {
      const bytes = partialBytes(out.channels);
      f.advance(partials, number * bytes);
      const zero = emitZeroRow(module, 2 * panel);
      f.call(zero, partials.value);
      f.call(zero, i32.add(partials.value, i32.const(bytes / 2)));
      const rows = emitRowSums(module, {
        width: pixels,
        channels: panel,
        pixel: out.channels,
        apart: panel,
      });
      f.call(rows, sums.value, partials.value);
    }
  });
}

/** Sums and bias to their places in the output, and back to where they were, for a norm. */
function finish(
  f: FunctionWriter,
  out: OutputShape,
  { rows, cols }: FewPixelsPhase,
  panel: number,
  { sums, to, bias }: Readonly<Record<'sums' | 'to' | 'bias', Local>>,
): void {
  const [y, x, at, from] = f.locals('i32', 4);
  const pixel = out.channels * 4;
  const pitch = out.width * pixel;
  const value = f.local('v128');
  f.advance(to, rows.outStart * pitch + cols.outStart * pixel);
  f.emit(from.set(sums.value));
  f.repeat(y, rows.count, 1, () => {
    f.emit(at.set(to.value));
    f.repeat(x, cols.count, 1, () => {
      for (let lane = 0; lane < panel; lane += 4) {
        const sum = v128.load(from.value, lane * 4);
        f.emit(value.set(f32x4.add(sum, v128.load(bias.value, lane * 4))));
        f.emit(v128.store(at.value, value.value, lane * 4));
        f.emit(v128.store(from.value, value.value, lane * 4));
      }
      f.advance(from, panel * 4);
      f.advance(at, cols.outStep * pixel);
    });
    f.advance(to, rows.outStep * pitch);
  });
}
