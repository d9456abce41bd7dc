import type { ModuleWriter } from '../../../emit/module.js';
import { defineDirect, type Phase } from '../kernels/direct.js';
import {
  defineFilteredInput,
  defineFilteredLocally,
  defineFilteredProducts,
} from '../kernels/filtered.js';
import { defineKeptKernels, defineKernelPacking } from '../kernels/filteredKernels.js';
import {
  bandBytes,
  type FilteredShape,
  groupWidths,
  keptKernelBytes,
  tileBytes,
  tilesOf,
} from '../kernels/filteredShape.js';
import { axesOf, planesOf, type TileFiltering } from '../kernels/filtering.js';
import { defineNarrow, narrowWidth } from '../kernels/narrow.js';
import { panelRanges } from '../kernels/panels.js';
import type { OutputShape } from '../kernels/stage.js';
import {
  defineTall,
  TALL_OUTPUTS,
  TALL_PRODUCTS,
  tallParts,
  tallProduct,
} from '../kernels/tall.js';
import { defineTallKernels } from '../kernels/tallKernels.js';
import type { Target } from '../kernels/target.js';
import {
  type Context,
  type Machine,
  oneStep,
  outputShape,
  type PlannedConvolution,
  phaseAxis,
  reachOf,
  rowsThatFit,
  sourceOf,
} from './convolutionRows.js';
import { planGrouped } from './grouped.js';
import { align, floatsAt, newBuffer } from './memory.js';
import type { ConvStagePlan, FilteredMethod } from './planner.js';
import { busily, evenly } from './portions.js';
import { packedFloats, packNarrow, packPhase } from './weights.js';

/** Input rows in scratch memory stay within the L2 cache, more or less. */
const DIRECT_SCRATCH = 640 * 1024;
const NARROW_SCRATCH = 1536 * 1024;
/** Rows of tiles in an item of a tall convolution: the first one's input rows are made twice. */
const TALL_TILE_ROWS = 8;

/** Figures for minimal filtering that are in parts of the L2 cache were measured with caches from this size to that. */
const LEAST_CACHE = 1024 * 1024;
const MOST_CACHE = 2048 * 1024;
/**
 * Transformed input of a band, which comes from beyond that cache, and what an item has of products, which stays in it. In a
 * smaller band, products find their pages faster (a processor knows where 2048 of them lie, or 1536, if its cache is
 * smaller, too), but kernels are made anew for each band.
 */
const BAND = 6;
const BAND_PRODUCTS = 7 / 8;
/** To make the input rows anew that an item shares with the one before takes as long as to transform so many rows of tiles. */
const SHARED_INPUT = 0.2;
/** To transform a layer's kernels takes as long as to multiply so many tiles. */
const KERNELS_AS_TILES = 17;
/** Transformed input of an item that makes its own. */
const LOCAL_TILES = 900 * 1024;
/** Transformed kernels up to this size stay in the L2 cache, more or less, and are kept from run to run. */
const KEPT_KERNELS = 3 * 1024 * 1024;
/**
 * Output channels for each megabyte, and how many at least, whose kernels and products are in the L2 cache at a time: for each
 * group of them, all of V goes by.
 */
const GROUP_CHANNELS = 18;
const LEAST_GROUP = 24;

/** Writes the kernels of a convolution into `module`, and cuts it into steps and items. */
export function planConvolution(
  stage: ConvStagePlan,
  module: ModuleWriter,
  target: Target,
  machine: Machine,
): PlannedConvolution {
  const to = { module, target, ...machine };
  switch (stage.method) {
    case 'direct':
      return planDirect(stage, to);
    case 'narrow':
      return planNarrow(stage, to);
    case 'grouped':
      return planGrouped(stage, to);
    case 'tall':
      return planTall(stage, to);
    default:
      return planFiltered(stage, stage.method, to);
  }
}

function planDirect(stage: ConvStagePlan, { module, target }: Context): PlannedConvolution {
  const { source, kernel, inStep, rows, cols, result } = stage;
  const { shape, zerosRight, pitch } = sourceOf(stage);
  const weights = newBuffer(0);
  const fills: ((memory: ArrayBufferLike) => void)[] = [];
  const phases: Phase[] = [];
  for (const row of rows) {
    for (const col of cols) {
      const offset = weights.bytes;
      const floats = packedFloats(row, col, source.channels, result.channels);
      weights.bytes += align(floats * 4);
      phases.push({ rows: phaseAxis(row), cols: phaseAxis(col), weightOffset: offset });
      fills.push((memory) => {
        const packed = new Float32Array(memory, weights.address + offset, floats);
        packPhase(kernel, row, col, source.channels, result.channels, target, packed);
      });
    }
  }
  const latticeRows = Math.max(...rows.map(({ count }) => count));
  const reach = reachOf(phases.map((phase) => phase.rows));
  const conv = defineDirect(module, target, {
    source: shape(zerosRight),
    inStep,
    phases,
    out: outputShape(stage),
    rowsPerItem: rowsThatFit(DIRECT_SCRATCH, pitch, inStep[0], reach, latticeRows),
  });
  return oneStep(conv, weights, (memory) => {
    for (const fill of fills) fill(memory);
  });
}

function planNarrow(stage: ConvStagePlan, { module, target }: Context): PlannedConvolution {
  const { source, kernel, inStep, rows, result } = stage;
  const { shape, zerosRight, pitch } = sourceOf(stage);
  const { kernelWidth, outChannels } = kernel;
  const n = narrowWidth(kernelWidth, outChannels);
  const axis = phaseAxis(rows[0]);
  const reach = reachOf([axis]);
  const conv = defineNarrow(module, target, {
    source: shape(zerosRight),
    rows: axis,
    inStep: inStep[0],
    kernelWidth,
    outChannels,
    out: outputShape(stage),
    rowsPerItem: rowsThatFit(NARROW_SCRATCH, pitch, inStep[0], reach, result.height),
  });
  const weights = newBuffer(axis.taps * source.channels * n * 4);
  return oneStep(conv, weights, (memory) =>
    packNarrow(kernel, rows[0], source.channels, n, target, floatsAt(memory, weights)),
  );
}

function planTall(stage: ConvStagePlan, { module, target, threads }: Context): PlannedConvolution {
  const { kernel, rows, cols, result, narrow, params } = stage;
  const { shape: sourceShape, zerosRight } = sourceOf(stage);
  const down = Math.ceil(result.height / TALL_OUTPUTS);
  const shape = {
    source: sourceShape(zerosRight),
    kernelHeight: kernel.kernelHeight,
    kernelWidth: kernel.kernelWidth,
    first: [phaseAxis(rows[0]).first, phaseAxis(cols[0]).first] as const,
    out: outputShape(stage),
    narrowChannels: narrow ? kernel.outChannels : null,
    groups: kernel.groups,
    tileRows: busily(down, TALL_TILE_ROWS, [1], threads, SHARED_INPUT),
  };
  const { n, depth } = tallProduct(shape);
  const weights = newBuffer(TALL_PRODUCTS * tallParts(shape) * depth * n * 4);
  const { stage: handle, items, scratchBytes } = defineTall(module, target, shape);
  const { outChannels } = kernel;
  const channels = { outChannels, perGroup: params.weight.shape[1] };
  return {
    steps: [{ stage: handle, items, firstTileRow: 0 }],
    scratchBytes,
    sums: down,
    weights,
    fill: null,
    packing: { stage: defineTallKernels(module, target, shape, channels), items: outChannels },
    tiles: null,
  };
}

/** Whether transformed kernels are kept from run to run. */
function keepsKernels(filtering: TileFiltering, inChannels: number, outChannels: number): boolean {
  return tileBytes(filtering, inChannels) * outChannels <= KEPT_KERNELS;
}

/** Tiles of sides that make the fewest products; of equal ones, those with the smaller error. */
function tileFiltering(
  method: FilteredMethod,
  inChannels: number,
  out: OutputShape,
): TileFiltering {
  if (method !== 'same') return { vertical: method, horizontal: method };
  const cost = (filtering: TileFiltering) => {
    const { across, down } = tilesOf({ filtering, out });
    const isKept = keepsKernels(filtering, inChannels, out.channels);
    return planesOf(filtering) * (across * down + (isKept ? 0 : KERNELS_AS_TILES));
  };
  const sides = ['same4', 'same5'] as const;
  return sides
    .flatMap((vertical) => sides.map((horizontal) => ({ vertical, horizontal })))
    .reduce((best, other) => (cost(other) < cost(best) ? other : best));
}

/** Panels of a group, about as many as fit; where the convolution has groups itself, each of those has whole ones. */
function panelsOfGroup(
  fitting: number,
  { groups, outChannels }: ConvStagePlan['kernel'],
  panel: number,
): number {
  const most = Math.max(1, Math.floor(fitting));
  if (groups === 1) return most;
  const panels = outChannels / groups / panel;
  let count = Math.min(panels, Math.ceil(1.5 * most));
  while (panels % count > 0) count--;
  return count;
}

/** Either one step that keeps its transformed kernels, or two for each band of tile rows. */
function planFiltered(
  stage: ConvStagePlan,
  method: FilteredMethod,
  { module, target, threads, cache: found }: Context,
): PlannedConvolution {
  const cache = Math.min(Math.max(found, LEAST_CACHE), MOST_CACHE);
  const { kernel, source, rows, cols, result, params } = stage;
  const out = outputShape(stage);
  const filtering = tileFiltering(method, source.channels / kernel.groups, out);
  const { across, down } = tilesOf({ filtering, out });
  const { inputs, inStep } = axesOf(filtering).horizontal;
  const { shape: sourceShape, width, zerosRight } = sourceOf(stage);
  const first = (lattices: ConvStagePlan['rows']) =>
    Math.min(...lattices.flatMap(({ taps }) => taps.map(({ offset }) => offset)));
  // The last tile of a row reads on past the picture, where zeros have to stand.
  const end = (across - 1) * inStep + inputs + first(cols);
  const rowsShape = sourceShape(Math.max(zerosRight, end - width));
  const panel = target.tile.vectors * 4;
  const groupChannels = Math.max(LEAST_GROUP, GROUP_CHANNELS * (cache / 2 ** 20));
  const shapeFor = (bandRows: number, inputRows: number, productRows: number): FilteredShape => ({
    filtering,
    source: rowsShape,
    first: [first(rows), first(cols)],
    out,
    bandRows,
    inputRows,
    productRows,
    groupPanels: panelsOfGroup(groupChannels / panel, kernel, panel),
    convGroups: kernel.groups,
  });
  const fitting = (bytes: number, channels: number) =>
    Math.floor(bytes / (tileBytes(filtering, channels) * across));
  const depth = source.channels / kernel.groups;
  const [outer, inner] = [params.weight.shape[1] * 9, 9];
  const group = params.weight.size / kernel.groups;
  const packingShape = {
    strides:
      method === 'doubling' ? { in: outer, out: inner, group } : { out: outer, in: inner, group },
    groupOut: kernel.outChannels / kernel.groups,
    inChannels: kernel.inChannels / kernel.groups,
    paddedIn: depth,
    outChannels: kernel.outChannels,
    paddedOut: result.channels,
  };

  if (keepsKernels(filtering, depth, result.channels)) {
    const band = busily(down, fitting(LOCAL_TILES, source.channels), [1], threads, SHARED_INPUT);
    const shape = shapeFor(band, band, band);
    const { stage: handle, items, scratchBytes } = defineFilteredLocally(module, target, shape);
    const kept = defineKeptKernels(module, target, shape, packingShape);
    return {
      steps: [{ stage: handle, items, firstTileRow: 0 }],
      scratchBytes: Math.max(scratchBytes, kept.scratchBytes),
      sums: down,
      weights: newBuffer(keptKernelBytes(target, shape)),
      fill: null,
      packing: { stage: kept.stage, items: kept.groups },
      tiles: null,
    };
  }

  const band = evenly(down, fitting(BAND * cache, source.channels));
  const widths = groupWidths(shapeFor(band, 1, 1), target);
  // Each item makes its group's kernels.
  const made = KERNELS_AS_TILES / across;
  const productRows = busily(
    band,
    fitting(BAND_PRODUCTS * cache, widths[0]),
    widths,
    threads,
    made,
  );
  const inputRows = busily(band, band, [1], threads, SHARED_INPUT);
  const shape = shapeFor(band, inputRows, productRows);
  const input = defineFilteredInput(module, target, shape);
  const products = defineFilteredProducts(module, target, shape);
  const steps = Array.from({ length: Math.ceil(down / band) }, (_, index) => {
    const firstTileRow = index * band;
    const here = Math.min(band, down - firstTileRow);
    const groupItems = Math.ceil(here / productRows) * products.groups;
    return [
      { stage: input.stage, items: Math.ceil(here / shape.inputRows), firstTileRow },
      { stage: products.stage, items: groupItems, firstTileRow },
    ];
  });
  return {
    steps: steps.flat(),
    scratchBytes: Math.max(input.scratchBytes, products.scratchBytes),
    sums: down,
    weights: newBuffer(9 * depth * result.channels * 4),
    fill: null,
    packing: {
      stage: defineKernelPacking(module, target, packingShape),
      items: panelRanges(target, result.channels).length,
    },
    tiles: newBuffer(bandBytes(target, shape)),
  };
}
