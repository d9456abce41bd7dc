import { atomic, type Code, i32 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { emitMicroKernel } from '../gemm/microKernel.js';
import { partialBytes } from '../rows/norm.js';
import { emitZeroRow } from '../rows/rows.js';
import { loadPointers, type Pointers } from '../rows/stage.js';
import { fetchesAhead, fetchLine, type Target } from '../target.js';
import { axesOf, tileElementsOf } from './algorithms.js';
import {
  inputPlane,
  kernelDepth,
  kernelPlane,
  productPlane,
  tilesOf,
  type WinogradShape,
  winogradInputBytes,
} from './shape.js';
import { emitOutputTile } from './transforms.js';
import { emitGroupKernels } from './weightTransforms.js';

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
 * its planes is made at a time, from what is packed, so that it does not leave the L2 cache while V goes by. `products` is
 * room for M.
 *
 * Each row of tiles leaves partial sums of its own, so that they do not depend on how rows are cut into items; and
 * products are summed in one order, whatever the tile, the number of threads and the row of planes that is first. A change
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

/** Loop counters are `plane`, `turn`, `ty` and `tx`; `count` is tiles, `row` is of planes, all others are addresses. */
const LOCALS = [
  'to',
  'at',
  'plane',
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

/** Writes the steps of a group's function: products plane by plane, then the transform back tile by tile. */
class GroupWriter {
  readonly #f: FunctionWriter;
  readonly #module: ModuleWriter;
  readonly #target: Target;
  readonly #shape: WinogradShape;
  readonly #n: number;
  readonly #given: Params;
  readonly #p: Pointers;
  readonly #l: Readonly<Record<(typeof LOCALS)[number], Local>>;
  readonly #product: FunctionHandle;

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
    this.#product = emitPlaneProduct(module, target, { shape, n });
    const rows = i32.sub(given.end.value, given.start.value);
    f.emit(this.#l.count.set(i32.mul(rows, i32.const(tilesOf(shape).across))));
  }

  /** All planes at once, by U as it is kept. */
  multiplyKept(): void {
    this.#multiply(tileElementsOf(this.#shape.algorithm), i32.const(0));
  }

  /**
   * A row of planes at a time, whose U is made first.
   *
   * Threads that read the same of V at the same time take its lines out of each other's caches. So each begins
   * half of V away from the row of planes that was begun last, and says which ones it begins. Nobody sets that word
   * before, so it can be anything.
   */
  multiplyMade(): void {
    const f = this.#f;
    const { packed, row, turn, begun } = this.#l;
    const { vertical, horizontal } = axesOf(this.#shape.algorithm);
    const rows = vertical.products;
    const before = i32.mul(this.#given.channel.value, i32.const(9 * kernelDepth(this.#shape) * 4));
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

  /** U of the current row of planes, each of which has code of its own. */
  #makeKernels(rows: number): void {
    const f = this.#f;
    const { packed, row } = this.#l;
    const kernels = this.#given.kernels.value;
    for (let r = 0; r < rows; r++) {
      const make = emitGroupKernels(this.#module, this.#target, this.#shape, this.#n, r);
      f.if(i32.eq(row.value, i32.const(r)), () => f.call(make, packed.value, kernels));
    }
  }

  /** M of `planes` planes from `firstPlane` on, which is where `kernels` begins, too. */
  #multiply(planes: number, firstPlane: Code): void {
    const f = this.#f;
    const { tiles, kernels, products } = this.#given;
    const { v, u, at, plane, count } = this.#l;
    const inPlane = inputPlane(this.#target, this.#shape);
    const outPlane = productPlane(this.#target, this.#shape, this.#n);
    const begin = (pointer: Local, base: Local, bytes: number) =>
      f.emit(pointer.set(i32.add(base.value, i32.mul(firstPlane, i32.const(bytes)))));
    begin(v, tiles, inPlane);
    begin(at, products, outPlane);
    this.#skipToConvGroup();
    f.emit(u.set(kernels.value));
    f.repeat(plane, planes, 1, () => {
      f.call(this.#product, v.value, u.value, at.value, i32.const(0), count.value);
      f.advance(v, inPlane);
      f.advance(u, kernelPlane(this.#shape, this.#n));
      f.advance(at, outPlane);
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
    });
  }

  #outputTile(whole: boolean): FunctionHandle {
    const { algorithm, out } = this.#shape;
    return emitOutputTile(this.#module, this.#target, {
      algorithm,
      channels: this.#n,
      planeStride: productPlane(this.#target, this.#shape, this.#n),
      pixelStride: out.channels * 4,
      rowStride: this.#outPitch,
      squaresAt: out.sums ? partialBytes(out.channels) / 2 : null,
      whole,
    });
  }

  /** Bytes of an output row. */
  get #outPitch(): number {
    const { width, channels } = this.#shape.out;
    return width * channels * 4;
  }

  /** Where the row of tiles goes; its partial sums begin as zeros. */
  #beginRow(): void {
    const f = this.#f;
    const { algorithm, out } = this.#shape;
    const { to, ty, partial } = this.#l;
    const rowBytes = axesOf(algorithm).vertical.outputs * this.#outPitch;
    f.emit(to.set(i32.add(this.#p.out.value, i32.mul(ty.value, i32.const(rowBytes)))));
    const sums = i32.mul(ty.value, i32.const(partialBytes(out.channels)));
    f.emit(partial.set(i32.add(this.#p.partials.value, sums)));
    if (!out.sums) return;
    const zero = emitZeroRow(this.#module, 2 * this.#n);
    f.call(zero, partial.value);
    f.call(zero, i32.add(partial.value, i32.const(partialBytes(out.channels) / 2)));
  }

  /** Whole tiles, and at the picture's right and lower edge those that are cut off. */
  #transformRow(whole: FunctionHandle, cut: FunctionHandle): void {
    const f = this.#f;
    const { ty, tx } = this.#l;
    const { algorithm, out } = this.#shape;
    const { vertical, horizontal } = axesOf(algorithm);
    const rows = i32.sub(i32.const(out.height), i32.mul(ty.value, i32.const(vertical.outputs)));
    const wholeAcross = Math.floor(out.width / horizontal.outputs);
    f.emit(tx.set(i32.const(0)));
    f.if(i32.ge(rows, i32.const(vertical.outputs)), () => {
      f.for(tx, tx.value, i32.const(wholeAcross - 1), 1, () => {
        this.#fetchNextTile();
        this.#transformTile(whole, rows);
      });
      f.for(tx, tx.value, i32.const(wholeAcross), 1, () => this.#transformTile(whole, rows));
    });
    const { across } = tilesOf(this.#shape);
    f.for(tx, tx.value, i32.const(across), 1, () => this.#transformTile(cut, rows));
  }

  /** @param rows Output rows from the tile's first one on. */
  #transformTile(tile: FunctionHandle, rows: Code): void {
    const f = this.#f;
    const { at, to, tx, partial } = this.#l;
    const { algorithm, out } = this.#shape;
    const { outputs } = axesOf(algorithm).horizontal;
    const columns = i32.sub(i32.const(out.width), i32.mul(tx.value, i32.const(outputs)));
    f.call(tile, at.value, to.value, this.#p.bias.value, partial.value, rows, columns);
    f.advance(at, this.#n * 4);
    f.advance(to, outputs * out.channels * 4);
  }

  /**
   * A group's channels are a small part of each pixel, too far apart for the processor to foresee: the next
   * tile's are fetched while this one is worked out. Only a whole tile may be fetched: one that is cut off could lie
   * beyond the end of memory.
   */
  #fetchNextTile(): void {
    const { algorithm, out } = this.#shape;
    const { vertical, horizontal } = axesOf(algorithm);
    for (let i = 0; i < vertical.outputs; i++) {
      for (let j = 0; j < horizontal.outputs; j++) {
        const pixel = i * this.#outPitch + (horizontal.outputs + j) * out.channels * 4;
        for (let line = 0; line < this.#n * 4; line += 64) {
          fetchLine(this.#f, this.#l.to.value, pixel + line);
        }
      }
    }
  }
}

/** The product of one plane: `[tiles][input channels]` by `[input channels][n]`. */
function emitPlaneProduct(
  module: ModuleWriter,
  target: Target,
  { shape, n }: GroupShape,
): FunctionHandle {
  const depth = kernelDepth(shape);
  const parts = partsOfSum(depth);
  return emitMicroKernel(module, target, {
    n,
    run: depth / parts,
    middle: 1,
    middleStride: 0,
    outer: parts,
    outerStride: (depth / parts) * 4,
    aStride: shape.source.row.channels * 4,
    cStride: n * 4,
    start: parts > 1 ? 'parts' : 'zero',
    fetchesAhead: shape.convGroups === 1 && fetchesAhead(target),
    goesBeyond: true,
  });
}
