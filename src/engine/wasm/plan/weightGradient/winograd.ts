import { newBuffer } from '../../../shared/arena.js';
import { MAX_WINOGRAD_INPUT } from '../../kernels/rows/range.js';
import { CONV_ARGS, type SourceShape } from '../../kernels/rows/stage.js';
import { inOrder } from '../../kernels/stageArguments.js';
import {
  emitGradientBack,
  emitGradientProducts,
  emitGradientTiles,
  GRADIENT_BACK_ARGS,
  GRADIENT_PRODUCT_ARGS,
  gradientTile,
  productBytes,
  transformedBytes,
  type WinogradGradientShape,
} from '../../kernels/winograd/weightGradient.js';
import { balancedChunk, evenChunk } from '../chunks.js';
import { rowShape, SHARED_INPUT } from '../convolution/common.js';
import { behindArguments, type Source } from '../source.js';
import type { Context, PlannedWeightGradient, WeightGradientStage } from './common.js';

/** About how many output channels a work item of the products has: more read V more seldom, fewer leave more items. */
const ITEM_CHANNELS = 128;

/** Tiles of the gradient as taps over tiles of the input. */
export function planWinogradGradient(
  { step, source, gradient, to }: WeightGradientStage,
  context: Context,
): PlannedWeightGradient {
  const { module, target, threads } = context;
  const kernel = step.kernel[0] === 3 ? 3 : 4;
  const tile = gradientTile(kernel);
  const [height, width] = sides(gradient);
  const [down, across] = [height, width].map((side) => Math.ceil(side / tile));
  const shape: WinogradGradientShape = {
    kernel,
    inPlanes: source.planes,
    inChannels: source.channels,
    outPlanes: gradient.planes,
    outChannels: gradient.channels,
    down,
    across,
    itemOut: itemChannels(gradient.channels, target.tile.rows),
  };
  const [inputTiles, gradientTiles] = [source, gradient].map(({ channels }) =>
    newBuffer(transformedBytes(shape, channels)),
  );
  const sums = newBuffer(productBytes(shape));
  const rowsPerItem = balancedChunk({ rows: down, most: down, threads, extra: SHARED_INPUT });
  const tilesOf = (value: Source, side: 'input' | 'taps', reach: number, tiles: typeof sums) => {
    const { stage, scratchBytes } = emitGradientTiles(module, target, shape, {
      side,
      source: sourceShape(value, across * tile + reach),
      rowsPerItem,
    });
    const args = inOrder(CONV_ARGS, { ...argumentsOf(value), tiles });
    return { stage, scratchBytes, args, items: Math.ceil(down / rowsPerItem) };
  };
  const input = tilesOf(source, 'input', kernel - 1, inputTiles);
  const taps = tilesOf(gradient, 'taps', 0, gradientTiles);
  const products = emitGradientProducts(module, target, shape);
  const back = emitGradientBack(module, target, shape);
  const productArgs = inOrder(GRADIENT_PRODUCT_ARGS, { inputTiles, gradientTiles, sums });
  return {
    steps: [
      input,
      taps,
      { ...products, args: productArgs },
      { ...back, args: inOrder(GRADIENT_BACK_ARGS, { sums, weight: to }) },
    ],
    scratchBytes: Math.max(input.scratchBytes, taps.scratchBytes),
    temporaries: [inputTiles, gradientTiles, sums],
  };
}

/** Whole register blocks of about `ITEM_CHANNELS`. */
function itemChannels(channels: number, blockRows: number): number {
  const blocks = Math.ceil(channels / blockRows);
  return evenChunk(blocks, ITEM_CHANNELS / blockRows) * blockRows;
}

function sides({ height, width, border }: Source): readonly [height: number, width: number] {
  return [border.top + height + border.bottom, border.left + width + border.right];
}

/** The value with its border, and zeros up to `width`. */
function sourceShape(value: Source, width: number): SourceShape {
  return {
    row: rowShape(value, [0, Math.max(0, width - sides(value)[1])], false),
    height: value.height,
    top: value.border.top,
    bottom: value.border.bottom,
    checked: !(value.bound <= MAX_WINOGRAD_INPUT),
  };
}

function argumentsOf({ buffer, norm, other }: Source) {
  const nothing = { keep: null, weights: null, bias: null, out: null, partials: null };
  return { src: buffer, norm, other, ...nothing, firstTileRow: null, ...behindArguments(null) };
}
