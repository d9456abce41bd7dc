import { i32 } from '../../../../emit/code.js';
import type { FunctionWriter, Local } from '../../../../emit/module.js';
import type { OutputShape, SourceShape } from '../rows/stage.js';
import type { Target } from '../target.js';
import { phasesOf, type TileAlgorithm, tileElementsOf, tileOutputs } from './algorithms.js';

/**
 * A convolution of 3×3 taps, or of 4×4 of stride 2, by Winograd (`algorithms.ts`), some rows of tiles at a time:
 *
 *     input rows → V [ξ][tile][ic],   kernels → U [ξ][oc / panel][ic][panel],
 *     M [ξ][tile][oc] = V · U for each tile element ξ,   M → output rows.
 *
 * Output channels are taken by groups, so that a group's U or M stay in the L2 cache. Which of the factors
 * is made when depends on whether U is kept from run to run:
 *
 * - Kept, it is fetched for each item: V of a few rows of tiles, in the thread's scratch memory, meets all
 *   groups. One stage.
 * - Not kept, it is made for each item, one work item per group, a row of tile elements at a time, and meets V of many
 *   rows of tiles, a band. V is in memory of its own, made by a stage before. To make U at every run takes a few hundredths of
 *   the run; to keep it would take four times the memory of the weights, all of which would have to be
 *   fetched for each picture.
 */
export interface WinogradShape {
  readonly algorithm: TileAlgorithm;
  readonly source: SourceShape;
  /** The first input row and column that output 0 reads. */
  readonly first: readonly [row: number, column: number];
  readonly out: OutputShape;
  /** Rows and columns of the first tile that lie before the output's first: with phases of the output, there may be one. */
  readonly lead: readonly [rows: number, columns: number];
  /** Rows of tiles in V. */
  readonly bandRows: number;
  /** Rows of tiles in an item of the stage that makes V, and of the one that multiplies. */
  readonly inputRows: number;
  readonly productRows: number;
  /** Panels of output channels in a group. */
  readonly groupPanels: number;
  /**
   * Groups of the convolution. If there are several, each has whole groups of output channels in the sense of `groupPanels`, and
   * kernels are of its own input channels only, which are whole vectors.
   */
  readonly convGroups: number;
}

/** Channels of V: those of the input, of each of its phases. */
export function tileChannels({ source, algorithm }: WinogradShape): number {
  return source.row.channels * phasesOf(algorithm).inputs ** 2;
}

/** Of those, the ones that an output channel reads, which are the depth of the products. */
export function kernelDepth(shape: WinogradShape): number {
  return tileChannels(shape) / shape.convGroups;
}

/** Columns of U and M for so many output channels: one of each phase of the output. */
export function productColumns({ algorithm }: WinogradShape, channels: number): number {
  return channels * phasesOf(algorithm).outputs ** 2;
}

/** Tile elements whose starts differ modulo 4 KiB do not map to the same sets of the L1 cache. */
export function elementStride(bytes: number): number {
  return Math.ceil(bytes / 4096) * 4096 + 192;
}

export function tilesOf({
  algorithm,
  out,
  lead,
}: Pick<WinogradShape, 'algorithm' | 'out' | 'lead'>) {
  const [rows, columns] = tileOutputs(algorithm);
  return {
    across: Math.ceil((lead[1] + out.width) / columns),
    down: Math.ceil((lead[0] + out.height) / rows),
  };
}

/**
 * Output channels by groups, all but the last of which have `channels`. The last has what is left, `rest`; of less than
 * half a group, it is added to the one before, since to go through all of V for a few channels takes as long as for many.
 */
export function groupsOf({ out, groupPanels }: WinogradShape, target: Target) {
  const channels = groupPanels * target.tile.vectors * 4;
  const whole = Math.floor(out.channels / channels);
  const left = out.channels % channels;
  const joins = whole > 0 && left > 0 && 2 * left < channels;
  const full = joins ? whole - 1 : whole;
  const rest = joins ? channels + left : left;
  const count = full + (rest > 0 ? 1 : 0);
  return { channels, full, rest, count, widest: Math.max(full > 0 ? channels : 0, rest) };
}

/** Output channels of each group. */
export function groupWidths(shape: WinogradShape, target: Target): number[] {
  const { channels, full, rest } = groupsOf(shape, target);
  return [...new Array<number>(full).fill(channels), ...(rest > 0 ? [rest] : [])];
}

/** Bytes from one tile element of V to the next: a product reads on to the end of its last block of rows, and fetches one more. */
export function inputElementStride(target: Target, shape: WinogradShape): number {
  const tiles = shape.bandRows * tilesOf(shape).across + 2 * target.tile.rows;
  return elementStride(tiles * tileChannels(shape) * 4);
}

/** Bytes from one tile element of a group's U to the next. */
export function kernelElementStride(shape: WinogradShape, channels: number): number {
  return elementStride(kernelDepth(shape) * productColumns(shape, channels) * 4);
}

/** Bytes from one tile element of a group's M to the next. */
export function productElementStride(
  target: Target,
  shape: WinogradShape,
  channels: number,
): number {
  const tiles = shape.productRows * tilesOf(shape).across + 2 * target.tile.rows;
  return elementStride(tiles * productColumns(shape, channels) * 4);
}

/** Does the same for whole groups and for the last one, each as wide as it is. */
export function byWidth(
  f: FunctionWriter,
  { channels, full, rest }: ReturnType<typeof groupsOf>,
  group: Local,
  write: (channels: number) => void,
): void {
  if (rest === 0) write(channels);
  else if (full === 0) write(rest);
  else {
    f.if(
      i32.lt(group.value, i32.const(full)),
      () => write(channels),
      () => write(rest),
    );
  }
}

/** Bytes of V. */
export function winogradInputBytes(target: Target, shape: WinogradShape): number {
  return tileElementsOf(shape.algorithm) * inputElementStride(target, shape);
}

/** Bytes of what threads share of a band: V, and behind it the number of the row of tile elements that was begun last. */
export function bandBytes(target: Target, shape: WinogradShape): number {
  return winogradInputBytes(target, shape) + 4;
}

/** Bytes of U, of all groups. */
export function keptKernelBytes(target: Target, shape: WinogradShape): number {
  const { channels, full, rest } = groupsOf(shape, target);
  const bytes = (n: number) => tileElementsOf(shape.algorithm) * kernelElementStride(shape, n);
  return full * bytes(channels) + (rest > 0 ? bytes(rest) : 0);
}

/** Bytes of all elements of one tile, for so many channels. */
export function tileBytes(algorithm: TileAlgorithm, channels: number): number {
  return tileElementsOf(algorithm) * channels * 4;
}
