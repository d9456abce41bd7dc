import { f32, f32x4, i32 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { emitMicroKernel } from '../gemm/microKernel.js';
import type { SourceShape } from '../rows/stage.js';
import { type BandStage, loadPointers } from '../rows/stage.js';
import { loadArguments, STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import {
  Algebra,
  type Element,
  elements,
  type Line,
  type WinogradAlgorithm,
  WORKING,
} from './algebra.js';
import { ALGORITHMS, type TileAlgorithm, tileElementsOf } from './algorithms.js';
import { InputTransform, type InputTransformShape } from './inputTransform.js';
import { elementStride } from './shape.js';

/**
 * The gradient of a weight of 3×3 taps and stride 1 by Winograd's F(3×3, 4×4): tiles of 4×4 pixels of the gradient are the
 * taps, and the input pixels that they meet are 6×6. For 4×4 taps, it is F(4×4, 3×3).
 *
 *     input rows → V [ξ][tile][ic],   gradient rows → U [ξ][tile][oc],
 *     M [ξ][oc][ic] = Σ over tiles of U · V for each tile element ξ,   M → dW [oc][ic][3][3].
 *
 * A sum of 36 products along the tiles stands for 144 along the pixels; and the transform back is done once, not for each tile.
 */
export interface WinogradGradientShape {
  /** Taps of the weight on each side. */
  readonly kernel: GradientKernel;
  /** Real and padded channels. */
  readonly inPlanes: number;
  readonly inChannels: number;
  readonly outPlanes: number;
  readonly outChannels: number;
  /** Tiles of the gradient. */
  readonly down: number;
  readonly across: number;
  /** Output channels of a work item of the products. */
  readonly itemOut: number;
}

export type GradientKernel = 3 | 4;

const NAMES = { 3: 'f34', 4: 'f43' } as const;

/** Its outputs are the weight's taps, and its taps the gradient's pixels. */
function algorithmOf({ kernel }: Pick<WinogradGradientShape, 'kernel'>): TileAlgorithm {
  return { vertical: NAMES[kernel], horizontal: NAMES[kernel], phases: 'none' };
}

/** Pixels of a tile of the gradient on each side. */
export function gradientTile(kernel: GradientKernel): number {
  return ALGORITHMS[NAMES[kernel]].taps;
}

/** So many tiles are summed up before the sum is added to that of the others. */
const SUMMED_TILES = 256;

/** Bytes from one tile of U or V to the next. Those of a power of two would map to few sets of the L1 cache. */
function tileStride(channels: number): number {
  return channels * 4 + 64;
}

function tilesStride({ down, across }: WinogradGradientShape, channels: number): number {
  return elementStride(down * across * tileStride(channels));
}

function sumsStride({ inChannels, outChannels }: WinogradGradientShape): number {
  return elementStride(outChannels * inChannels * 4);
}

/** Bytes of U or V, and of M. */
export function transformedBytes(shape: WinogradGradientShape, channels: number): number {
  return tileElementsOf(algorithmOf(shape)) * tilesStride(shape, channels);
}

export function productBytes(shape: WinogradGradientShape): number {
  return tileElementsOf(algorithmOf(shape)) * sumsStride(shape);
}

/** Stage, `rowsPerItem` rows of tiles per work item: a picture's rows, as inputs or as taps, to V or U in `tiles`. */
export function emitGradientTiles(
  module: ModuleWriter,
  target: Target,
  shape: WinogradGradientShape,
  of: {
    readonly side: InputTransformShape['side'];
    readonly source: SourceShape;
    readonly rowsPerItem: number;
  },
): BandStage {
  const { kernel, down, across } = shape;
  const { side, source, rowsPerItem } = of;
  const tile = gradientTile(kernel);
  const { channels } = source.row;
  const input = new InputTransform(module, target, {
    algorithm: algorithmOf(shape),
    side,
    source,
    first: [0, 0],
    inStep: [tile, tile],
    across,
    tileStride: tileStride(channels),
    elementStride: tilesStride(shape, channels),
    rowsPerTile: tile,
  });
  const key = `winograd gradient tiles ${JSON.stringify([target, shape, of])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const p = loadPointers(f, args);
    const [start, end] = f.locals('i32', 2);
    f.emit(start.set(i32.mul(item.value, i32.const(rowsPerItem))));
    const next = i32.add(start.value, i32.const(rowsPerItem));
    f.emit(end.set(i32.min(next, i32.const(down))));
    const before = i32.mul(start.value, i32.const(across * tileStride(channels)));
    input.emit(f, p, scratch, i32.add(p.tiles.value, before), start, end);
  });
  return { stage, scratchBytes: input.scratchBytes };
}

export const GRADIENT_PRODUCT_ARGS = ['inputTiles', 'gradientTiles', 'sums'] as const;

/** Stage, one work item per tile element and `itemOut` output channels: M = U · V. */
export function emitGradientProducts(
  module: ModuleWriter,
  target: Target,
  shape: WinogradGradientShape,
): { readonly stage: FunctionHandle; readonly items: number } {
  const { inChannels, outChannels, down, across, itemOut } = shape;
  const parts = Math.ceil(outChannels / itemOut);
  const tiles = down * across;
  const key = `winograd gradient products ${JSON.stringify([target, shape])}`;
  const stage = module.define(key, STAGE, (f, item, args) => {
    const p = loadArguments(f, args, GRADIENT_PRODUCT_ARGS);
    const [element, first, count] = f.locals('i32', 3);
    f.emit(element.set(i32.div(item.value, i32.const(parts))));
    f.emit(first.set(i32.mul(i32.rem(item.value, i32.const(parts)), i32.const(itemOut))));
    f.emit(count.set(i32.min(i32.sub(i32.const(outChannels), first.value), i32.const(itemOut))));
    const skip = (pointer: Local, by: Local, bytes: number) =>
      f.emit(pointer.set(i32.add(pointer.value, i32.mul(by.value, i32.const(bytes)))));
    skip(p.inputTiles, element, tilesStride(shape, inChannels));
    skip(p.gradientTiles, element, tilesStride(shape, outChannels));
    skip(p.sums, element, sumsStride(shape));
    skip(p.gradientTiles, first, 4);
    skip(p.sums, first, inChannels * 4);
    for (let done = 0; done < tiles; done += SUMMED_TILES) {
      const run = Math.min(SUMMED_TILES, tiles - done);
      const handle = emitTileProduct(module, target, shape, run, done === 0 ? 'zero' : 'added');
      const { gradientTiles, inputTiles, sums } = p;
      f.call(handle, gradientTiles.value, inputTiles.value, sums.value, i32.const(0), count.value);
      f.advance(gradientTiles, run * tileStride(outChannels));
      f.advance(inputTiles, run * tileStride(inChannels));
    }
  });
  return { stage, items: tileElementsOf(algorithmOf(shape)) * parts };
}

/** Of so many tiles, as the sum or added to it. */
function emitTileProduct(
  module: ModuleWriter,
  target: Target,
  { inChannels, outChannels }: WinogradGradientShape,
  run: number,
  start: 'zero' | 'added',
): FunctionHandle {
  return emitMicroKernel(module, target, {
    n: inChannels,
    run,
    middle: 1,
    middleStride: 0,
    outer: 1,
    outerStride: 0,
    aStride: 4,
    cStride: inChannels * 4,
    start,
    fetchesAhead: false,
    goesBeyond: false,
    aStep: tileStride(outChannels),
    bRows: { stride: tileStride(inChannels), outerStride: 0 },
  });
}

export const GRADIENT_BACK_ARGS = ['sums', 'weight'] as const;

/** Stage, one work item per output channel: M to the weight's gradient in PyTorch's order. */
export function emitGradientBack(
  module: ModuleWriter,
  target: Target,
  shape: WinogradGradientShape,
): { readonly stage: FunctionHandle; readonly items: number } {
  const { inPlanes, inChannels, outPlanes } = shape;
  const key = `winograd gradient back ${JSON.stringify([target, shape])}`;
  const kernelBytes = shape.kernel ** 2 * 4;
  const stage = module.define(key, STAGE, (f, item, args) => {
    const { sums, weight } = loadArguments(f, args, GRADIENT_BACK_ARGS);
    const skip = (pointer: Local, bytes: number) =>
      f.emit(pointer.set(i32.add(pointer.value, i32.mul(item.value, i32.const(bytes)))));
    skip(sums, inChannels * 4);
    skip(weight, inPlanes * kernelBytes);
    const writer = new BackWriter(f, target, shape);
    f.repeat(f.local('i32'), inPlanes >> 2, 1, () => {
      writer.transform(sums, weight, 4);
      f.advance(sums, 16);
      f.advance(weight, 4 * kernelBytes);
    });
    if (inPlanes % 4 > 0) writer.transform(sums, weight, inPlanes % 4);
  });
  return { stage, items: outPlanes };
}

/** Writes the transform back of a vector of input channels. */
class BackWriter {
  readonly #f: FunctionWriter;
  readonly #algorithm: WinogradAlgorithm;
  readonly #stride: number;
  readonly #a: Algebra;
  readonly #loaded: Element[];
  /** Between the two transforms: `[row of the kernel][column ξ]`. */
  readonly #lines: Element[][];
  readonly #out: Element[];
  readonly #working: Line;

  constructor(f: FunctionWriter, target: Target, shape: WinogradGradientShape) {
    const algorithm = ALGORITHMS[NAMES[shape.kernel]];
    const { products, outputs } = algorithm;
    this.#f = f;
    this.#algorithm = algorithm;
    this.#stride = sumsStride(shape);
    this.#a = new Algebra(f, target);
    this.#loaded = elements(f, products, 1);
    this.#lines = Array.from({ length: outputs }, () => elements(f, products, 1));
    this.#out = elements(f, outputs, 1);
    this.#working = elements(f, WORKING, 1);
  }

  /** Of the first `lanes` channels, each of which has a kernel of its own. */
  transform(sums: Local, weight: Local, lanes: number): void {
    const a = this.#a;
    const { products, outputs, transformOutput } = this.#algorithm;
    for (let j = 0; j < products; j++) {
      for (const [i, element] of this.#loaded.entries()) {
        a.load(element, sums, (i * products + j) * this.#stride);
      }
      const column = this.#lines.map((line) => line[j]);
      transformOutput(a, this.#loaded, column, this.#working);
    }
    for (const [i, line] of this.#lines.entries()) {
      transformOutput(a, line, this.#out, this.#working);
      for (const [j, [tap]] of this.#out.entries()) {
        for (let lane = 0; lane < lanes; lane++) {
          const at = (lane * outputs ** 2 + i * outputs + j) * 4;
          this.#f.emit(f32.store(weight.value, f32x4.extractLane(tap.value, lane), at));
        }
      }
    }
  }
}
