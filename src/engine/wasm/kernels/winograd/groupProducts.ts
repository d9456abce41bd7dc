import { atomic, type Code, i32 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { emitMicroKernel } from '../gemm/microKernel.js';
import { panelsOf } from '../gemm/panels.js';
import { partialBytes } from '../rows/norm.js';
import { emitZeroRow } from '../rows/rows.js';
import { loadPointers, type Pointers, RowSummer } from '../rows/stage.js';
import { fetchesAhead, fetchLine, type Target } from '../target.js';
import { axesOf, phasesOf, tileElementsOf, tileOutputs } from './algorithms.js';
import {
  inputElementStride,
  kernelDepth,
  kernelElementStride,
  productColumns,
  productElementStride,
  tileChannels,
  tilesOf,
  type WinogradShape,
  winogradInputBytes,
} from './shape.js';
import { emitOutputTile } from './transforms.js';
import { emitGroupKernels, packedBytes } from './weightTransforms.js';

/** About how many channels are summed up before the sum is added to that of the others. */
const SUMMED_CHANNELS = 64;

/** Equal parts in which products are summed along the channels; one, where there are none of about that size. */
function partsOfSum(channels: number): number {
  const least = Math.ceil(channels / SUMMED_CHANNELS);
  const counts = Array.from({ length: least }, (_, i) => least + i);
  return counts.find((parts) => channels % (4 * parts) === 0) ?? 1;
}

/** What a group's function is specialised for: `n` of the convolution's output channels. */
interface GroupShape {
  readonly shape: WinogradShape;
  readonly n: number;
}

type Params = Readonly<
  Record<'args' | 'tiles' | 'kernels' | 'products' | 'channel' | 'start' | 'end', Local>
>;

/**
 * `(args, tiles, kernels, products, channel, start, end)`: rows of tiles `start … end − 1`, whose V begins at
 * `tiles`, for the group of `n` output channels from `channel` on. `kernels` is U, where it is kept; or where a row of
 * its tile elements is made at a time, from what is packed, so that it does not leave the L2 cache while V goes by. `products` is
 * room for M.
 *
 * Each row of tiles leaves partial sums of its own, so that they do not depend on how rows are cut into items; and
 * products are summed in one order, whatever the tile, the number of threads and the row of tile elements that is first. A change
 * that gives that up makes results differ from run to run.
 */
export function emitGroup(
  module: ModuleWriter,
  target: Target,
  shape: WinogradShape,
  n: number,
  kernelsAre: 'kept' | 'made',
): FunctionHandle {
  const key = `winograd group ${JSON.stringify([target, shape, n, kernelsAre])}`;
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return module.define(key, params, (f, args, tiles, kernels, products, channel, start, end) => {
    const given = { args, tiles, kernels, products, channel, start, end };
    const writer = new GroupWriter(f, module, target, { shape, n }, given);
    if (kernelsAre === 'kept') writer.multiplyKept();
    else writer.multiplyMade();
    writer.transformBack();
  });
}

/** Loop counters are `element`, `turn`, `ty` and `tx`; `count` is tiles, `row` is of tile elements, all others are addresses. */
const LOCALS = [
  'to',
  'at',
  'element',
  'count',
  'ty',
  'tx',
  'partial',
  'packed',
  'u',
  'v',
  'row',
  'turn',
  'begun',
] as const;

/** Writes the steps of a group's function: products one tile element at a time, then the transform back tile by tile. */
class GroupWriter {
  readonly #f: FunctionWriter;
  readonly #module: ModuleWriter;
  readonly #target: Target;
  readonly #shape: WinogradShape;
  readonly #n: number;
  readonly #given: Params;
  readonly #p: Pointers;
  readonly #l: Readonly<Record<(typeof LOCALS)[number], Local>>;
  /** What sums up finished rows, where tiles do not. */
  readonly #summer: RowSummer | null;
  readonly #product: { readonly handle: FunctionHandle; readonly width: number };

  constructor(
    f: FunctionWriter,
    module: ModuleWriter,
    target: Target,
    { shape, n }: GroupShape,
    given: Params,
  ) {
    this.#f = f;
    this.#module = module;
    this.#target = target;
    this.#shape = shape;
    this.#n = n;
    this.#given = given;
    this.#p = loadPointers(f, given.args);
    this.#l = f.namedLocals('i32', LOCALS);
    this.#product = emitElementProduct(module, target, { shape, n });
    // Sums of a tile that begins before the output would need its first pixel, which may not be there.
    const { out, algorithm } = shape;
    this.#summer =
      out.sums && phasesOf(algorithm).outputs > 1 ? new RowSummer(module, out, n) : null;
    const rows = i32.sub(given.end.value, given.start.value);
    f.emit(this.#l.count.set(i32.mul(rows, i32.const(tilesOf(shape).across))));
  }

  /** All tile elements at once, by U as it is kept. */
  multiplyKept(): void {
    this.#multiply(tileElementsOf(this.#shape.algorithm), i32.const(0));
  }

  /**
   * A row of tile elements at a time, whose U is made first.
   *
   * Threads that read the same of V at the same time take its lines out of each other's caches. So each begins
   * half of V away from the row of tile elements that was begun last, and says which ones it begins. That word is not
   * initialized, so it can be anything.
   */
  multiplyMade(): void {
    const f = this.#f;
    const { packed, row, turn, begun } = this.#l;
    const { vertical, horizontal } = axesOf(this.#shape.algorithm);
    const rows = vertical.products;
    const before = i32.mul(this.#given.channel.value, i32.const(packedBytes(this.#shape)));
    f.emit(packed.set(i32.add(this.#p.weights.value, before)));
    const half = i32.const(Math.ceil(rows / 2));
    const behindTiles = i32.const(winogradInputBytes(this.#target, this.#shape));
    f.emit(begun.set(i32.add(this.#p.tiles.value, behindTiles)));
    const away = i32.add(atomic.add(begun.value, half), half);
    f.emit(row.set(i32.rem(i32.and(away, i32.const(0xffff)), i32.const(rows))));
    f.repeat(turn, rows, 1, () => {
      f.emit(atomic.store(begun.value, row.value));
      this.#makeKernels(rows);
      this.#multiply(horizontal.products, i32.mul(row.value, i32.const(horizontal.products)));
      f.emit(row.set(i32.rem(i32.add(row.value, i32.const(1)), i32.const(rows))));
    });
  }

  /** U of the current row of tile elements, each of which has code of its own. */
  #makeKernels(rows: number): void {
    const f = this.#f;
    const { packed, row } = this.#l;
    const kernels = this.#given.kernels.value;
    for (let r = 0; r < rows; r++) {
      const make = emitGroupKernels(this.#module, this.#target, this.#shape, this.#n, r);
      f.if(i32.eq(row.value, i32.const(r)), () => f.call(make, packed.value, kernels));
    }
  }

  /** M of `elements` tile elements from `firstElement` on, which is where `kernels` begins, too. */
  #multiply(elements: number, firstElement: Code): void {
    const f = this.#f;
    const { tiles, kernels, products } = this.#given;
    const { v, u, at, element, count } = this.#l;
    const inStride = inputElementStride(this.#target, this.#shape);
    const outStride = productElementStride(this.#target, this.#shape, this.#n);
    const begin = (pointer: Local, base: Local, bytes: number) =>
      f.emit(pointer.set(i32.add(base.value, i32.mul(firstElement, i32.const(bytes)))));
    begin(v, tiles, inStride);
    begin(at, products, outStride);
    this.#skipToConvGroup();
    f.emit(u.set(kernels.value));
    const columns = productColumns(this.#shape, this.#n);
    const { width } = this.#product;
    f.repeat(element, elements, 1, () => {
      for (let column = 0; column < columns; column += width) {
        const right = i32.add(u.value, i32.const(kernelDepth(this.#shape) * column * 4));
        const to = i32.add(at.value, i32.const(column * 4));
        f.call(this.#product.handle, v.value, right, to, i32.const(0), count.value);
      }
      f.advance(v, inStride);
      f.advance(u, kernelElementStride(this.#shape, this.#n));
      f.advance(at, outStride);
    });
  }

  /** Of a pixel of V, only the input channels of the convolution's own group are read. */
  #skipToConvGroup(): void {
    const { out, convGroups } = this.#shape;
    if (convGroups === 1) return;
    const { v } = this.#l;
    const index = i32.div(this.#given.channel.value, i32.const(out.channels / convGroups));
    const bytes = i32.const(kernelDepth(this.#shape) * 4);
    this.#f.emit(v.set(i32.add(v.value, i32.mul(index, bytes))));
  }

  /** M to output pixels, with the bias and the partial sums of a norm. */
  transformBack(): void {
    const f = this.#f;
    const [whole, cut] = [this.#outputTile(true), this.#outputTile(false)];
    const { channel, products, start, end } = this.#given;
    // From here on, output, bias and partial sums begin at the group's first channel.
    const skip = (pointer: Local, bytes: number) =>
      pointer.set(i32.add(pointer.value, i32.mul(channel.value, i32.const(bytes))));
    f.emit(skip(this.#p.out, 4), skip(this.#p.bias, 4), skip(this.#p.partials, 8));
    f.emit(this.#l.at.set(products.value));
    f.for(this.#l.ty, start.value, end.value, 1, () => {
      this.#beginRow();
      this.#transformRow(whole, cut);
      this.#sumRows();
    });
  }

  #outputTile(whole: boolean): FunctionHandle {
    const { algorithm, out, lead } = this.#shape;
    return emitOutputTile(this.#module, this.#target, {
      algorithm,
      channels: this.#n,
      elementStride: productElementStride(this.#target, this.#shape, this.#n),
      height: out.height,
      width: out.width,
      lead,
      pixelStride: out.channels * 4,
      rowStride: this.#outPitch,
      squaresAt: out.sums && this.#summer === null ? partialBytes(out.channels) / 2 : null,
      whole,
    });
  }

  /** Bytes of an output row. */
  get #outPitch(): number {
    const { width, channels } = this.#shape.out;
    return width * channels * 4;
  }

  /** The output row where the row of tiles begins, which may be one before the first. */
  #firstRow(): Code {
    const { algorithm, lead } = this.#shape;
    const row = i32.mul(this.#l.ty.value, i32.const(tileOutputs(algorithm)[0]));
    return lead[0] === 0 ? row : i32.sub(row, i32.const(lead[0]));
  }

  /** Where the row of tiles goes; its partial sums begin as zeros. */
  #beginRow(): void {
    const f = this.#f;
    const { out, lead } = this.#shape;
    const { to, ty, partial } = this.#l;
    const start = i32.mul(this.#firstRow(), i32.const(this.#outPitch));
    f.emit(to.set(i32.add(this.#p.out.value, start)));
    if (lead[1] > 0) f.advance(to, -lead[1] * out.channels * 4);
    const sums = i32.mul(ty.value, i32.const(partialBytes(out.channels)));
    f.emit(partial.set(i32.add(this.#p.partials.value, sums)));
    if (!out.sums) return;
    const zero = emitZeroRow(this.#module, 2 * this.#n);
    f.call(zero, partial.value);
    f.call(zero, i32.add(partial.value, i32.const(partialBytes(out.channels) / 2)));
  }

  /** What a row of tiles adds to its partial sums, where its tiles have not done that. */
  #sumRows(): void {
    if (this.#summer === null) return;
    const rows = tileOutputs(this.#shape.algorithm)[0];
    const f = this.#f;
    const [first, end] = f.locals('i32', 2);
    f.emit(first.set(this.#firstRow()));
    f.emit(end.set(i32.add(first.value, i32.const(rows))));
    if (this.#shape.lead[0] > 0) {
      f.if(i32.lt(first.value, i32.const(0)), () => f.emit(first.set(i32.const(0))));
    }
    this.#summer.add(f, this.#p, this.#l.partial, first.value, end.value);
  }

  /** Whole tiles, and at the picture's edges those that are cut off. */
  #transformRow(whole: FunctionHandle, cut: FunctionHandle): void {
    const f = this.#f;
    const { ty, tx } = this.#l;
    const { algorithm, out, lead } = this.#shape;
    const [down, across] = tileOutputs(algorithm);
    const rows = i32.sub(i32.const(out.height), this.#firstRow());
    const wholeAcross = Math.floor((lead[1] + out.width) / across);
    const isWhole = i32.ge(rows, i32.const(down));
    const hasFirst = lead[0] === 0 ? isWhole : i32.and(isWhole, i32.gt(ty.value, i32.const(0)));
    f.emit(tx.set(i32.const(0)));
    f.if(hasFirst, () => {
      if (lead[1] > 0) f.for(tx, tx.value, i32.const(1), 1, () => this.#transformTile(cut, rows));
      f.for(tx, tx.value, i32.const(wholeAcross - 1), 1, () => {
        this.#fetchNextTile();
        this.#transformTile(whole, rows);
      });
      f.for(tx, tx.value, i32.const(wholeAcross), 1, () => this.#transformTile(whole, rows));
    });
    const tiles = tilesOf(this.#shape).across;
    f.for(tx, tx.value, i32.const(tiles), 1, () => this.#transformTile(cut, rows));
  }

  /** @param rows Output rows from the tile's first one on. */
  #transformTile(tile: FunctionHandle, rows: Code): void {
    const f = this.#f;
    const { at, to, tx, partial } = this.#l;
    const { algorithm, out, lead } = this.#shape;
    const across = tileOutputs(algorithm)[1];
    const done = i32.mul(tx.value, i32.const(across));
    const columns = i32.sub(i32.const(out.width + lead[1]), done);
    f.call(tile, at.value, to.value, this.#p.bias.value, partial.value, rows, columns);
    f.advance(at, productColumns(this.#shape, this.#n) * 4);
    f.advance(to, across * out.channels * 4);
  }

  /**
   * A group's channels are a small part of each pixel, too far apart for the processor to foresee: the next
   * tile's are fetched while this one is worked out. Only a whole tile may be fetched: one that is cut off could lie
   * beyond the end of memory.
   */
  #fetchNextTile(): void {
    const { algorithm, out } = this.#shape;
    const [down, across] = tileOutputs(algorithm);
    for (let i = 0; i < down; i++) {
      for (let j = 0; j < across; j++) {
        const pixel = i * this.#outPitch + (across + j) * out.channels * 4;
        for (let line = 0; line < this.#n * 4; line += 64) {
          fetchLine(this.#f, this.#l.to.value, pixel + line);
        }
      }
    }
  }
}

/** The product of one tile element: `[tiles][input channels]` by `[input channels][width]`, for all columns of M or those of a phase. */
function emitElementProduct(
  module: ModuleWriter,
  target: Target,
  { shape, n }: GroupShape,
): { readonly handle: FunctionHandle; readonly width: number } {
  const depth = kernelDepth(shape);
  const parts = partsOfSum(depth);
  const columns = productColumns(shape, n);
  const width = panelsOf(target, n).tail.length === 0 ? columns : n;
  const handle = emitMicroKernel(module, target, {
    n: width,
    run: depth / parts,
    middle: 1,
    middleStride: 0,
    outer: parts,
    outerStride: (depth / parts) * 4,
    aStride: tileChannels(shape) * 4,
    cStride: columns * 4,
    start: parts > 1 ? 'parts' : 'zero',
    fetchesAhead: shape.convGroups === 1 && fetchesAhead(target),
    goesBeyond: true,
  });
  return { handle, width };
}
