import type { AxisPhase } from '../../../../tensor/axisPhase.js';
import { newBuffer } from '../../../shared/arena.js';
import { panelRanges } from '../../kernels/gemm/panels.js';
import type { OutputShape } from '../../kernels/rows/stage.js';
import {
  axesOf,
  kernelTaps,
  phasesOf,
  type TileAlgorithm,
  tileElementsOf,
  tileOutputs,
} from '../../kernels/winograd/algorithms.js';
import {
  emitWinogradInput,
  emitWinogradLocally,
  emitWinogradProducts,
} from '../../kernels/winograd/convolution.js';
import {
  bandBytes,
  groupWidths,
  keptKernelBytes,
  tileBytes,
  tilesOf,
  type WinogradShape,
} from '../../kernels/winograd/shape.js';
import { emitKeptKernels, emitKernelPacking } from '../../kernels/winograd/weightTransforms.js';
import { balancedChunk, evenChunk } from '../chunks.js';
import type { WinogradMethod } from '../methods.js';
import type { RowUnit } from '../rowUnits.js';
import type { ConvolutionStage } from '../stages.js';
import { type KernelShape, kernelShape, kernelStrides } from '../weights.js';
import {
  type Context,
  outputShape,
  type PlannedConvolution,
  SHARED_INPUT,
  sourceOf,
  unitsByItem,
} from './common.js';

/** Figures that are in parts of the L2 cache were measured with caches from this size to that. */
const MIN_CACHE = 1024 * 1024;
const MAX_CACHE = 2048 * 1024;
/**
 * Transformed input of a band, which comes from beyond that cache, and what a work item has of products, which stays in it. In a
 * smaller band, products find their pages faster (a processor knows where 2048 of them lie, or 1536, if its cache is
 * smaller, too), but kernels are made anew for each band.
 */
const BAND = 6;
const BAND_PRODUCTS = 7 / 8;
/** To transform a layer's kernels takes as long as to multiply so many tiles. */
const KERNELS_AS_TILES = 17;
/** Transformed input of a work item that makes its own. */
const LOCAL_TILES = 900 * 1024;
/** Transformed kernels up to this size stay in the L2 cache, more or less, and are kept from run to run. */
const KEPT_KERNELS = 3 * 1024 * 1024;
/**
 * Output channels for each megabyte, and how many at least, whose kernels and products are in the L2 cache at a time: for each
 * group of them, all of V goes by.
 */
const GROUP_CHANNELS = 18;
const MIN_GROUP_CHANNELS = 24;

/** What both ways have in common. */
interface Layer {
  readonly stage: ConvolutionStage;
  readonly method: WinogradMethod;
  readonly kernel: KernelShape;
  readonly out: OutputShape;
  readonly algorithm: TileAlgorithm;
  readonly lead: WinogradShape['lead'];
  /** Input channels of a group of the convolution, in memory. */
  readonly depth: number;
  readonly cache: number;
  readonly down: number;
  /** The kernels' shape, of bands and work items of so many rows of tiles. */
  shapeFor(bandRows: number, inputRows: number, productRows: number): WinogradShape;
  /** Rows of tiles whose `channels` fit into so many bytes. */
  fitting(bytes: number, channels: number): number;
}

/** Either one step that keeps its transformed kernels, or two for each band of tile rows. */
export function planWinograd(
  stage: ConvolutionStage,
  method: WinogradMethod,
  context: Context,
): PlannedConvolution {
  const layer = describe(stage, method, context);
  return keepsKernels(layer.algorithm, layer.depth, layer.out.channels)
    ? planLocally(layer, context)
    : planInBands(layer, context);
}

function describe(
  stage: ConvolutionStage,
  method: WinogradMethod,
  { target, cache: found }: Context,
): Layer {
  const { source, step } = stage;
  const cache = Math.min(Math.max(found, MIN_CACHE), MAX_CACHE);
  const kernel = kernelShape(step);
  const out = outputShape(stage);
  const depth = source.channels / kernel.groups;
  const lead = [leadOf(method, step.rows), leadOf(method, step.cols)] as const;
  const algorithm = tileAlgorithm(method, depth, { out, lead });
  const { across, down } = tilesOf({ algorithm, out, lead });
  const { inputs, inStep } = axesOf(algorithm).horizontal;
  const phases = phasesOf(algorithm);
  const { shape: sourceShape, width, zerosRight } = sourceOf(stage);
  const first = (axis: typeof step.rows) => Math.min(...axis.map(firstTap));
  // The last tile of a row reads on past the picture, where zeros have to stand.
  const end = phases.inputs * ((across - 1) * inStep + inputs) + first(step.cols);
  const rowsShape = sourceShape(Math.max(zerosRight, end - width));
  const panel = target.tile.vectors * 4;
  const groupChannels = Math.max(MIN_GROUP_CHANNELS, GROUP_CHANNELS * (cache / 2 ** 20));
  return {
    stage,
    method,
    kernel,
    out,
    algorithm,
    lead,
    depth,
    cache,
    down,
    shapeFor: (bandRows, inputRows, productRows) => ({
      algorithm,
      source: rowsShape,
      first: [first(step.rows), first(step.cols)],
      out,
      lead,
      bandRows,
      inputRows,
      productRows,
      groupPanels: panelsOfGroup(groupChannels / panel, kernel, panel),
      convGroups: kernel.groups,
    }),
    fitting: (bytes, channels) => Math.floor(bytes / (tileBytes(algorithm, channels) * across)),
  };
}

/** Each work item transforms its own input; the transformed kernels are there before the run. */
function planLocally(layer: Layer, { module, target, threads }: Context): PlannedConvolution {
  const { down } = layer;
  const most = layer.fitting(LOCAL_TILES, channelsOfTiles(layer));
  const band = balancedChunk({ rows: down, most, threads, extra: SHARED_INPUT });
  const shape = layer.shapeFor(band, band, band);
  const { stage: handle, items, scratchBytes } = emitWinogradLocally(module, target, shape);
  const kept = emitKeptKernels(module, target, shape, packingShape(layer));
  const whole = { stage: handle, firstItem: 0, items, firstTileRow: 0 };
  const rowsOf = (item: number) => tileRows(layer, item * band, Math.min(down, (item + 1) * band));
  return {
    steps: [whole],
    units: layer.lead[0] === 0 ? unitsByItem(whole, rowsOf) : null,
    scratchBytes: Math.max(scratchBytes, kept.scratchBytes),
    sums: down,
    weights: newBuffer(keptKernelBytes(target, shape)),
    fill: null,
    packing: { stage: kept.stage, items: kept.groups, isComplete: true },
    tiles: null,
  };
}

/** Band by band: one step transforms the input, the next one makes kernels, multiplies, and transforms back. */
function planInBands(layer: Layer, { module, target, threads }: Context): PlannedConvolution {
  const { down, out, depth, cache, algorithm } = layer;
  const { across } = tilesOf(layer);
  const band = evenChunk(down, layer.fitting(BAND * cache, channelsOfTiles(layer)));
  const widths = groupWidths(layer.shapeFor(band, 1, 1), target);
  // Each work item makes its group's kernels.
  const made = KERNELS_AS_TILES / across;
  const columns = widths[0] * phasesOf(algorithm).outputs ** 2;
  const mostProducts = layer.fitting(BAND_PRODUCTS * cache, columns);
  const productRows = balancedChunk({
    rows: band,
    most: mostProducts,
    threads,
    extra: made,
    widths,
  });
  const inputRows = balancedChunk({ rows: band, most: band, threads, extra: SHARED_INPUT });
  const shape = layer.shapeFor(band, inputRows, productRows);
  const input = emitWinogradInput(module, target, shape);
  const products = emitWinogradProducts(module, target, shape);
  const units = Array.from({ length: Math.ceil(down / band) }, (_, index): RowUnit => {
    const firstTileRow = index * band;
    const here = Math.min(band, down - firstTileRow);
    const groupItems = Math.ceil(here / productRows) * products.groups;
    const inputItems = Math.ceil(here / shape.inputRows);
    return {
      steps: [
        { stage: input.stage, firstItem: 0, items: inputItems, firstTileRow },
        { stage: products.stage, firstItem: 0, items: groupItems, firstTileRow },
      ],
      ...tileRows(layer, firstTileRow, firstTileRow + here),
    };
  });
  return {
    steps: units.flatMap(({ steps }) => steps),
    units: layer.lead[0] === 0 ? units : null,
    scratchBytes: Math.max(input.scratchBytes, products.scratchBytes),
    sums: down,
    weights: newBuffer(kernelTaps(algorithm) ** 2 * depth * out.channels * 4),
    fill: null,
    packing: {
      stage: emitKernelPacking(module, target, packingShape(layer)),
      items: panelRanges(target, out.channels).length,
      isComplete: !isPadded(layer),
    },
    tiles: newBuffer(bandBytes(target, shape)),
  };
}

/** Input and output rows of rows of tiles `from … to − 1`. */
function tileRows(
  { algorithm, out, stage }: Layer,
  from: number,
  to: number,
): Pick<RowUnit, 'reads' | 'writes'> {
  const { vertical } = axesOf(algorithm);
  const phases = phasesOf(algorithm).inputs;
  const inStep = phases * vertical.inStep;
  const first = Math.min(...stage.step.rows.map(firstTap));
  const reads = {
    from: from * inStep + first,
    to: (to - 1) * inStep + first + phases * vertical.inputs,
  };
  const [rows] = tileOutputs(algorithm);
  return { reads, writes: { from: from * rows, to: Math.min(to * rows, out.height) } };
}

/** Whether channels in memory are more than there are. */
function isPadded({ kernel, out, depth }: Layer): boolean {
  return depth * kernel.groups > kernel.inChannels || out.channels > kernel.outChannels;
}

/** How the layer's own weights lie, and how they are packed. */
function packingShape({ stage, kernel, out, depth, algorithm }: Layer) {
  return {
    strides: kernelStrides(stage.step),
    isBackwards: stage.step.isAdjoint,
    taps: kernelTaps(algorithm) ** 2,
    groupOut: kernel.outChannels / kernel.groups,
    inChannels: kernel.inChannels / kernel.groups,
    paddedIn: depth,
    outChannels: kernel.outChannels,
    paddedOut: out.channels,
  };
}

/** Whether transformed kernels are kept from run to run. */
function keepsKernels(algorithm: TileAlgorithm, inChannels: number, outChannels: number): boolean {
  const { inputs, outputs } = phasesOf(algorithm);
  const bytes = tileBytes(algorithm, inChannels) * outChannels * (inputs * outputs) ** 2;
  return bytes <= KEPT_KERNELS;
}

/** Channels of V. */
function channelsOfTiles({ stage, algorithm }: Layer): number {
  return stage.source.channels * phasesOf(algorithm).inputs ** 2;
}

function firstTap({ taps }: AxisPhase): number {
  return Math.min(...taps.map(({ offset }) => offset));
}

/**
 * With phases of the output, a tile's first rows read the same input row and the one before it. If that are a pair of which
 * the second is the output's first, the tile begins one row before the output.
 */
function leadOf(method: WinogradMethod, phases: readonly AxisPhase[]): number {
  if (method !== 'transposed2By4') return 0;
  return firstTap(phases[0]) < firstTap(phases[1]) ? 1 : 0;
}

const SIDES = {
  stride1: { of: ['f43', 'f53'], phases: 'none' },
  stride1By4: { of: ['f34'], phases: 'none' },
  stride2: { of: ['stride2'], phases: 'none' },
  transposed2: { of: ['transposed2'], phases: 'none' },
  stride2By4: { of: ['f42', 'f52', 'f62'], phases: 'in' },
  transposed2By4: { of: ['f42', 'f52', 'f62'], phases: 'out' },
} as const;

/** Tiles of sides that make the fewest products; of equal ones, those with the smaller error. */
function tileAlgorithm(
  method: WinogradMethod,
  inChannels: number,
  { out, lead }: Pick<WinogradShape, 'out' | 'lead'>,
): TileAlgorithm {
  const { of: sides, phases } = SIDES[method];
  const cost = (algorithm: TileAlgorithm) => {
    const { across, down } = tilesOf({ algorithm, out, lead });
    const isKept = keepsKernels(algorithm, inChannels, out.channels);
    return tileElementsOf(algorithm) * (across * down + (isKept ? 0 : KERNELS_AS_TILES));
  };
  return sides
    .flatMap((vertical) => sides.map((horizontal) => ({ vertical, horizontal, phases })))
    .reduce((best, other) => (cost(other) < cost(best) ? other : best));
}

/** Panels of a group, about as many as fit; where the convolution has groups itself, each of those has whole ones. */
function panelsOfGroup(
  fitting: number,
  { groups, outChannels }: KernelShape,
  panel: number,
): number {
  const most = Math.max(1, Math.floor(fitting));
  if (groups === 1) return most;
  const panels = outChannels / groups / panel;
  let count = Math.min(panels, Math.ceil(1.5 * most));
  while (panels % count > 0) count--;
  return count;
}
