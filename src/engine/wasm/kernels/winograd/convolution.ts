import { type Code, i32 } from '../../../../emit/code.js';
import type { FunctionWriter, Local, ModuleWriter } from '../../../../emit/module.js';
import { type BandStage, type ConvStage, loadPointers, type Pointers } from '../rows/stage.js';
import { STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { axesOf, tileElementsOf, tileOutputs } from './algorithms.js';
import { emitGroup } from './groupProducts.js';
import { InputTransform, type InputTransformShape } from './inputTransform.js';
import {
  byWidth,
  groupsOf,
  inputElementStride,
  kernelElementStride,
  productElementStride,
  tileChannels,
  tilesOf,
  type WinogradShape,
  winogradInputBytes,
} from './shape.js';

/** Stage: an item makes its own V, and multiplies it with the kept U of one group after the other. */
export function emitWinogradLocally(
  module: ModuleWriter,
  target: Target,
  shape: WinogradShape,
): ConvStage {
  const { bandRows, algorithm } = shape;
  const { down } = tilesOf(shape);
  const groups = groupsOf(shape, target);
  const input = new InputTransform(module, target, inputOf(target, shape));
  const tilesAt = Math.ceil(input.scratchBytes / 64) * 64;
  const productsAt = tilesAt + winogradInputBytes(target, shape);
  const key = `winograd locally ${JSON.stringify([target, shape])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const p = loadPointers(f, args);
    const [start, end, group, channel, kernels, tiles] = f.locals('i32', 6);
    f.emit(start.set(i32.mul(item.value, i32.const(bandRows))));
    const next = i32.add(start.value, i32.const(bandRows));
    f.emit(end.set(i32.min(next, i32.const(down))));
    f.emit(tiles.set(i32.add(scratch.value, i32.const(tilesAt))));
    input.emit(f, p, scratch, tiles.value, start, end);
    f.emit(channel.set(i32.const(0)), kernels.set(p.weights.value));
    const products = i32.add(scratch.value, i32.const(productsAt));
    f.repeat(group, groups.count, 1, () => {
      byWidth(f, groups, group, (n) => {
        const rows = [start.value, end.value];
        const handle = emitGroup(module, target, shape, n, 'kept');
        f.call(handle, args.value, tiles.value, kernels.value, products, channel.value, ...rows);
      });
      const bytes = tileElementsOf(algorithm) * kernelElementStride(shape, groups.channels);
      f.emit(channel.set(i32.add(channel.value, i32.const(groups.channels))));
      f.emit(kernels.set(i32.add(kernels.value, i32.const(bytes))));
    });
  });
  const productBytes =
    tileElementsOf(algorithm) * productElementStride(target, shape, groups.widest);
  const items = Math.ceil(down / bandRows);
  return { stage, items, scratchBytes: productsAt + productBytes };
}

/**
 * Writes the code that finds the rows of tiles of an item of a band. For products, a band is cut into chunks of
 * `productRows`; where there are several, neighbouring items are of different ones, and their threads read different parts of V.
 */
class BandItem {
  readonly start: Local;
  readonly end: Local;
  /** Rows of tiles of the band before `start`. */
  readonly done: Local;
  /** For items of a chunk and a group: the group. */
  readonly group: Local;
  readonly #f: FunctionWriter;
  readonly #shape: WinogradShape;
  /** Rows of tiles of the band. */
  readonly #here: Local;

  constructor(f: FunctionWriter, shape: WinogradShape, { firstTileRow }: Pointers) {
    this.#f = f;
    this.#shape = shape;
    [this.start, this.end, this.done, this.group, this.#here] = f.locals('i32', 5);
    const left = i32.sub(i32.const(tilesOf(shape).down), firstTileRow.value);
    f.emit(this.#here.set(i32.min(left, i32.const(shape.bandRows))));
  }

  /** An item is a chunk for one group, chunks counting faster. */
  ofProducts(item: Local, p: Pointers): void {
    const { productRows } = this.#shape;
    const chunks = this.#f.local('i32');
    this.#f.emit(chunks.set(quotientUp(this.#here.value, productRows)));
    this.#f.emit(this.group.set(i32.div(item.value, chunks.value)));
    const chunk = i32.rem(item.value, chunks.value);
    this.#f.emit(this.done.set(i32.mul(chunk, i32.const(productRows))));
    this.#setRows(p, productRows);
  }

  /** An item is `inputRows` rows. */
  ofInput(item: Local, p: Pointers): void {
    const { inputRows } = this.#shape;
    this.#f.emit(this.done.set(i32.mul(item.value, i32.const(inputRows))));
    this.#setRows(p, inputRows);
  }

  #setRows({ firstTileRow }: Pointers, rows: number): void {
    this.#f.emit(this.start.set(i32.add(firstTileRow.value, this.done.value)));
    const next = i32.add(this.start.value, i32.const(rows));
    const bandEnd = i32.add(firstTileRow.value, this.#here.value);
    this.#f.emit(this.end.set(i32.min(next, bandEnd)));
  }
}

/** `⌈a / b⌉`. */
function quotientUp(a: Code, b: number): Code {
  return i32.div(i32.add(a, i32.const(b - 1)), i32.const(b));
}

/** Stage, `inputRows` rows of tiles per work item: from input rows to the band's V. */
export function emitWinogradInput(
  module: ModuleWriter,
  target: Target,
  shape: WinogradShape,
): BandStage {
  const { across } = tilesOf(shape);
  const input = new InputTransform(module, target, inputOf(target, shape));
  const key = `winograd input ${JSON.stringify([target, shape])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const p = loadPointers(f, args);
    const rows = new BandItem(f, shape, p);
    rows.ofInput(item, p);
    const bytes = across * tileChannels(shape) * 4;
    const tiles = i32.add(p.tiles.value, i32.mul(rows.done.value, i32.const(bytes)));
    input.emit(f, p, scratch, tiles, rows.start, rows.end);
  });
  return { stage, scratchBytes: input.scratchBytes };
}

/** Stage: an item is `productRows` rows of a band's tiles for one group. */
export function emitWinogradProducts(
  module: ModuleWriter,
  target: Target,
  shape: WinogradShape,
): BandStage & { readonly groups: number } {
  const { across } = tilesOf(shape);
  const groups = groupsOf(shape, target);
  const { channels, count, widest } = groups;
  const { horizontal } = axesOf(shape.algorithm);
  const kernelBytes = (n: number) => horizontal.products * kernelElementStride(shape, n);
  const key = `winograd products ${JSON.stringify([target, shape])}`;
  const stage = module.define(key, STAGE, (f, item, args, scratch) => {
    const p = loadPointers(f, args);
    const rows = new BandItem(f, shape, p);
    rows.ofProducts(item, p);
    const channel = f.local('i32');
    f.emit(channel.set(i32.mul(rows.group.value, i32.const(channels))));
    const bytes = i32.mul(rows.done.value, i32.const(across * tileChannels(shape) * 4));
    const own = i32.add(p.tiles.value, bytes);
    byWidth(f, groups, rows.group, (n) => {
      const products = i32.add(scratch.value, i32.const(kernelBytes(n)));
      const range = [rows.start.value, rows.end.value];
      const handle = emitGroup(module, target, shape, n, 'made');
      f.call(handle, args.value, own, scratch.value, products, channel.value, ...range);
    });
  });
  const productBytes =
    tileElementsOf(shape.algorithm) * productElementStride(target, shape, widest);
  return { stage, groups: count, scratchBytes: kernelBytes(widest) + productBytes };
}

/** V of a convolution. */
function inputOf(target: Target, shape: WinogradShape): InputTransformShape {
  const { vertical, horizontal } = axesOf(shape.algorithm);
  return {
    algorithm: shape.algorithm,
    side: 'input',
    source: shape.source,
    first: shape.first,
    inStep: [vertical.inStep, horizontal.inStep],
    across: tilesOf(shape).across,
    tileStride: tileChannels(shape) * 4,
    elementStride: inputElementStride(target, shape),
    rowsPerTile: tileOutputs(shape.algorithm)[0],
  };
}
