import { type Code, f32x4, i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { fetchLine, multiplyAdd, storeSideBySide, type Target } from '../target.js';
import { panelsOf } from './panels.js';
import { schedulingBarrier } from './schedulingBarrier.js';

/**
 * A matrix product that reads its left factor where it lies:
 *
 *     c[m][n] = start + Σ_k a[m][k] · b[k][n],   start = bias[n], 0, or what c holds already
 *
 * - `a`: row m begins `m · aStride` bytes on; its K values are runs of `run` floats in a row, `middle`
 *   runs `middleStride` bytes apart, and `outer` of those `outerStride` bytes apart. For a
 *   convolution over NHWC rows these are the channels, the kernel's columns and its rows.
 * - `b`: packed `[n / N][K][N]` with N = `4 · tile.vectors`; the last panels may be narrower (`panels.ts`).
 * - `c`: row m begins `m · cStride` bytes on, and has `n` floats, a multiple of 4.
 */
export interface ProductShape {
  readonly n: number;
  readonly run: number;
  readonly middle: number;
  readonly middleStride: number;
  readonly outer: number;
  readonly outerStride: number;
  readonly aStride: number;
  readonly cStride: number;
  /** `parts` is 0, too, but each of the `outer` runs is summed by itself first: long sums in float32 lose digits. */
  readonly start: 'bias' | 'zero' | 'sum' | 'parts';
  /**
   * Whether the rows of the next block are fetched while a block is worked out: for an `a` that comes from beyond the
   * L2 cache, whose rows are one run each and lie side by side. Up to `tile.rows` rows beyond the last block are read.
   */
  readonly fetchesAhead: boolean;
  /** Whether up to `2 · tile.rows − 1` rows beyond `m` may be worked out, which is cheaper than low blocks. */
  readonly goesBeyond: boolean;
}

/** Floats along K. */
export function productDepth({ run, middle, outer }: ProductShape): number {
  return run * middle * outer;
}

/** Bytes of `b` that stay in the L1 cache together with a block of `a`. */
const RESIDENT = 32 * 1024;

/** Vector registers that V8 has for a loop on x64; it keeps one of the sixteen for itself. */
const REGISTERS = 15;

/**
 * `(a, b, c, bias, m)`: all panels of `b` over `m` rows. If all of `b` fits in the L1 cache, it stays there
 * while each row is read once; if not, one panel stays while the rows go by. Each element of `c` is summed along k in one fixed order, whatever the tile.
 */
export function emitMicroKernel(
  module: ModuleWriter,
  target: Target,
  shape: ProductShape,
): FunctionHandle {
  const key = `product ${JSON.stringify([target, shape])}`;
  return module.define(key, ['i32', 'i32', 'i32', 'i32', 'i32'], (f, a, b, c, bias, m) => {
    const { rows, vectors } = target.tile;
    const { full, tail } = panelsOf(target, shape.n);
    const panel = f.local('i32');
    const w = new ProductWriter(f, target, shape, { a, b, c, bias, m });
    const advance = (by: number) => {
      const bytes = 16 * by;
      f.emit(b.set(i32.add(b.value, i32.const(productDepth(shape) * bytes))));
      f.emit(c.set(i32.add(c.value, i32.const(bytes))));
      if (shape.start === 'bias') f.emit(bias.set(i32.add(bias.value, i32.const(bytes))));
    };
    const panels = (write: (vectors: number) => void) => {
      f.repeat(panel, full, 1, () => {
        write(vectors);
        advance(vectors);
      });
      for (const width of tail) {
        write(width);
        advance(width);
      }
    };
    if (productDepth(shape) * shape.n * 4 > RESIDENT || tail.length > 0) {
      // A narrower panel's blocks are higher: with fewer sums at once, each would wait for the one before.
      const height = (width: number) => Math.min(2 * rows, Math.floor((rows * vectors) / width));
      panels((width) =>
        w.rows(height(width), (h) => {
          w.aimAhead(h);
          w.block(h, width, 1);
        }),
      );
    } else {
      w.rows(rows, (height) => {
        w.aimAhead(height);
        panels((width) => w.block(height, width, full));
        advance(-full * vectors);
      });
    }
  });
}

interface Pointers {
  readonly a: Local;
  readonly b: Local;
  readonly c: Local;
  readonly bias: Local;
  readonly m: Local;
}

/** Writes register blocks. Locals are made once and shared, so that V8 sees few of them. */
class ProductWriter {
  readonly #f: FunctionWriter;
  readonly #target: Target;
  readonly #shape: ProductShape;
  readonly #p: Pointers;
  readonly #row: Local;
  readonly #at: Local;
  readonly #weights: Local;
  readonly #to: Local;
  readonly #k: Local;
  readonly #middle: Local;
  readonly #outer: Local;
  readonly #sums: Local[];
  readonly #factors: Local[];
  readonly #value: Local;
  readonly #ahead: Local;

  constructor(f: FunctionWriter, target: Target, shape: ProductShape, pointers: Pointers) {
    this.#f = f;
    this.#target = target;
    this.#shape = shape;
    this.#p = pointers;
    [this.#row, this.#at, this.#weights, this.#to, this.#k, this.#middle, this.#outer] = f.locals(
      'i32',
      7,
    );
    const { rows, vectors } = target.tile;
    this.#sums = f.locals('v128', rows * vectors);
    this.#factors = f.locals('v128', vectors);
    this.#value = f.local('v128');
    this.#ahead = f.local('i32');
  }

  /** All `m` rows: blocks of `rows`, then lower ones for what is left. */
  rows(rows: number, block: (height: number) => void): void {
    if (this.#shape.goesBeyond) this.#nearlyEven(rows, block);
    else this.#exactly(rows, block);
  }

  /** As few blocks as can be, with a row less in as many of them as that leaves room for. */
  #nearlyEven(rows: number, block: (height: number) => void): void {
    const f = this.#f;
    const { m } = this.#p;
    const [blocks, end] = f.locals('i32', 2);
    const count = (n: Code) => i32.mul(n, i32.const(rows));
    f.emit(blocks.set(i32.div(i32.add(m.value, i32.const(rows - 1)), i32.const(rows))));
    const spare = i32.sub(count(blocks.value), m.value);
    const lower = i32.min(spare, blocks.value);
    f.emit(end.set(count(i32.sub(blocks.value, lower))));
    f.for(this.#row, i32.const(0), end.value, rows, () => block(rows));
    if (rows > 1) f.for(this.#row, this.#row.value, m.value, rows - 1, () => block(rows - 1));
  }

  #exactly(rows: number, block: (height: number) => void): void {
    const f = this.#f;
    let from = i32.const(0);
    for (const height of [rows, 4, 2, 1].filter((h, i) => i === 0 || h < rows)) {
      const end = i32.sub(this.#p.m.value, i32.const(height - 1));
      f.for(this.#row, from, end, height, () => block(height));
      // A loop that did not run leaves the counter where it began.
      from = this.#row.value;
    }
  }

  /** What is fetched ahead begins behind the `rows` of the current block. */
  aimAhead(rows: number): void {
    const { aStride } = this.#shape;
    const next = i32.add(this.#row.value, i32.const(rows));
    if (this.#shape.fetchesAhead) {
      this.#f.emit(this.#ahead.set(address(this.#p.a, next, aStride)));
    }
  }

  /**
   * `rows` from the current row on, by the panel that `b` and `c` point to.
   *
   * @param panels How many blocks have the same rows, and fetch a part each of the next ones: memory beyond the L2 cache is
   *   so slow that one of them would wait for it.
   */
  block(rows: number, vectors: number, panels: number): void {
    const f = this.#f;
    const { run, middle, middleStride, outer, outerStride, aStride, cStride } = this.#shape;
    const fetches = this.#shape.fetchesAhead && this.#isUsual(rows, vectors);
    f.emit(this.#at.set(address(this.#p.a, this.#row.value, aStride)));
    f.emit(this.#weights.set(this.#p.b.value));
    f.emit(this.#to.set(address(this.#p.c, this.#row.value, cStride)));
    const stored = (r: number, v: number) => v128.load(this.#to.value, r * cStride + 16 * v);
    const start = {
      bias: (_: number, v: number) => v128.load(this.#p.bias.value, 16 * v),
      zero: () => v128.zero,
      parts: () => v128.zero,
      sum: stored,
    }[this.#shape.start];
    const rowOfSums = (r: number) => this.#sums.slice(r * vectors, (r + 1) * vectors);
    const begin = () => {
      for (let r = 0; r < rows; r++) {
        for (const [v, sum] of rowOfSums(r).entries()) f.emit(sum.set(start(r, v)));
      }
    };
    const store = () => {
      for (let r = 0; r < rows; r++) storeSideBySide(f, this.#to, rowOfSums(r), r * cStride);
    };
    // Row by row, since V8 would put the loads of all of them first.
    const addToStored = () => {
      for (let r = 0; r < rows; r++) {
        const sums = rowOfSums(r);
        for (const [v, sum] of sums.entries()) {
          f.emit(sum.set(f32x4.add(stored(r, v), sum.value)));
        }
        storeSideBySide(f, this.#to, sums, r * cStride);
      }
    };
    const apart = this.#shape.start === 'parts';
    if (!apart) begin();
    f.repeat(this.#outer, outer, 1, () => {
      if (apart) begin();
      f.repeat(this.#middle, middle, 1, () => {
        this.#run(rows, vectors, fetches ? panels : null);
        if (middle > 1) this.#step(middleStride - 4 * run);
      });
      if (outer > 1) this.#step(outerStride - (middle > 1 ? middle * middleStride : 4 * run));
      if (apart) f.if(i32.gt(this.#outer.value, i32.const(0)), addToStored, store);
    });
    if (!apart) store();
  }

  /** Whether a block is the tile, or has a row less: nearly all of the time goes into those. */
  #isUsual(rows: number, vectors: number): boolean {
    const { tile } = this.#target;
    return rows >= tile.rows - 1 && vectors === tile.vectors;
  }

  /**
   * `run` steps along K, several at a turn.
   *
   * @param panels Among how many blocks the fetching of the next rows is shared; `null` where nothing is fetched.
   */
  #run(rows: number, vectors: number, panels: number | null): void {
    const f = this.#f;
    const { run, aStride } = this.#shape;
    const { tile } = this.#target;
    const most = this.#isUsual(rows, vectors) || !tile.isScheduled ? tile.unroll : 1;
    let unroll = Math.min(most, run);
    while (run % unroll > 0) unroll--;
    // As many rows as there are registers for their values, beside sums and factors.
    const between = tile.isScheduled ? Math.max(1, REGISTERS - (rows + 1) * vectors) : rows;
    f.leavable((leave) => {
      f.repeat(this.#k, run, unroll, () => {
        for (let u = 0; u < unroll; u++) {
          for (let r = 0; r < rows; r++) {
            if (tile.isScheduled && r % between === 0 && u + r > 0) {
              leave(schedulingBarrier(this.#weights, u * rows + r));
            }
            if (r === 0) this.#loadFactors(u, vectors);
            f.emit(this.#value.set(v128.load32Splat(this.#at.value, r * aStride)));
            this.#multiplyRow(r, vectors);
          }
          // V8 adds a load's offset in an instruction of its own, and keeps the sum while it is wanted again. So the offsets
          // are the same in all steps of a turn, and the pointer moves instead: one instruction a step, not one a row.
          this.#step(4);
        }
        if (panels !== null) {
          // Turn by turn as much as the turn has read, or its part of it, one row of the next block after the other.
          const bytes = 4 * Math.floor((unroll * rows) / panels);
          for (let from = 0; from < bytes; from += 64) fetchLine(f, this.#ahead.value, from);
          f.emit(this.#ahead.set(i32.add(this.#ahead.value, i32.const(bytes))));
        }
        f.emit(this.#weights.set(i32.add(this.#weights.value, i32.const(16 * vectors * unroll))));
      });
    });
  }

  /** Moves on in `a`. */
  #step(bytes: number): void {
    if (bytes !== 0) this.#f.emit(this.#at.set(i32.add(this.#at.value, i32.const(bytes))));
  }

  #loadFactors(step: number, vectors: number): void {
    for (let v = 0; v < vectors; v++) {
      const from = 16 * (step * vectors + v);
      this.#f.emit(this.#factors[v].set(v128.load(this.#weights.value, from)));
    }
  }

  #multiplyRow(row: number, vectors: number): void {
    const { value } = this.#value;
    for (let v = 0; v < vectors; v++) {
      const sum = this.#sums[row * vectors + v];
      this.#f.emit(sum.set(multiplyAdd(this.#target, value, this.#factors[v].value, sum.value)));
    }
  }
}

function address(base: Local, row: Code, stride: number): Code {
  return i32.add(base.value, i32.mul(row, i32.const(stride)));
}
