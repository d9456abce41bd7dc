import { type Code, f32x4, i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { fetchLine, multiplyAdd, storeSideBySide, type Target } from '../target.js';
import { panelsOf } from './panels.js';
import { aStepOf, type ProductShape, productDepth } from './productShape.js';
import { schedulingBarrier } from './schedulingBarrier.js';

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
      f.advance(b, shape.bRows === undefined ? productDepth(shape) * bytes : bytes);
      f.advance(c, bytes);
      if (shape.start === 'bias') f.advance(bias, bytes);
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
    // Rows of weights' gradients are output channels, of which a last layer has three.
    const lower = this.#shape.bRows === undefined ? [4, 2, 1] : [4, 3, 2, 1];
    for (const height of [rows, ...lower.filter((h) => h < rows)]) {
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
   * A register block: `rows` from the current row on, by the panel that `b` and `c` point to. Its sums stay in registers
   * while k goes by. Rows, widths and unrolling may change; the order in which k goes by may not, since each element of `c`
   * has to come out the same, whatever block it is in.
   *
   * @param panels How many blocks have the same rows, and fetch a part each of the next ones: memory beyond the L2 cache is
   *   so slow that one of them would wait for it.
   */
  block(rows: number, vectors: number, panels: number): void {
    const f = this.#f;
    const { aStride, cStride, start, fetchesAhead } = this.#shape;
    const fetches = fetchesAhead && this.#isUsual(rows, vectors);
    f.emit(this.#at.set(address(this.#p.a, this.#row.value, aStride)));
    f.emit(this.#weights.set(this.#p.b.value));
    f.emit(this.#to.set(address(this.#p.c, this.#row.value, cStride)));
    const run = () => this.#middleRuns(rows, vectors, fetches ? panels : null);
    if (start === 'parts') this.#sumByParts(rows, vectors, run);
    else this.#sumAtOnce(rows, vectors, run);
  }

  /** One sum over all of k, from where it starts. */
  #sumAtOnce(rows: number, vectors: number, run: () => void): void {
    this.#begin(rows, vectors);
    this.#f.repeat(this.#outer, this.#shape.outer, 1, run);
    if (this.#shape.start === 'added') this.#addToStored(rows, vectors);
    else this.#store(rows, vectors);
  }

  /** A sum for each of the outer runs, the first of which is stored, and the others added to what is stored. */
  #sumByParts(rows: number, vectors: number, run: () => void): void {
    this.#f.repeat(this.#outer, this.#shape.outer, 1, () => {
      this.#begin(rows, vectors);
      run();
      this.#f.if(
        i32.gt(this.#outer.value, i32.const(0)),
        () => this.#addToStored(rows, vectors),
        () => this.#store(rows, vectors),
      );
    });
  }

  /** The runs of one `outer` step; `a` moves on to the next one's. */
  #middleRuns(rows: number, vectors: number, panels: number | null): void {
    const { run, middle, middleStride, outer, outerStride, bRows } = this.#shape;
    const step = aStepOf(this.#shape);
    this.#f.repeat(this.#middle, middle, 1, () => {
      this.#run(rows, vectors, panels);
      if (middle > 1) this.#step(middleStride - step * run);
    });
    if (outer > 1) this.#step(outerStride - (middle > 1 ? middle * middleStride : step * run));
    if (outer > 1 && bRows !== undefined) {
      this.#f.advance(this.#weights, bRows.outerStride - run * bRows.stride);
    }
  }

  #rowOfSums(row: number, vectors: number): readonly Local[] {
    return this.#sums.slice(row * vectors, (row + 1) * vectors);
  }

  /** What `c` holds of a block's row. */
  #stored(row: number, vector: number): Code {
    return v128.load(this.#to.value, row * this.#shape.cStride + 16 * vector);
  }

  #begin(rows: number, vectors: number): void {
    const start = {
      bias: (_: number, v: number) => v128.load(this.#p.bias.value, 16 * v),
      zero: () => v128.zero,
      parts: () => v128.zero,
      added: () => v128.zero,
      sum: (row: number, v: number) => this.#stored(row, v),
    }[this.#shape.start];
    for (let r = 0; r < rows; r++) {
      for (const [v, sum] of this.#rowOfSums(r, vectors).entries()) {
        this.#f.emit(sum.set(start(r, v)));
      }
    }
  }

  #store(rows: number, vectors: number): void {
    const { cStride } = this.#shape;
    for (let r = 0; r < rows; r++) {
      storeSideBySide(this.#f, this.#to, this.#rowOfSums(r, vectors), r * cStride);
    }
  }

  /** Row by row, since V8 would put the loads of all of them first. */
  #addToStored(rows: number, vectors: number): void {
    for (let r = 0; r < rows; r++) {
      const sums = this.#rowOfSums(r, vectors);
      for (const [v, sum] of sums.entries()) {
        this.#f.emit(sum.set(f32x4.add(this.#stored(r, v), sum.value)));
      }
      storeSideBySide(this.#f, this.#to, sums, r * this.#shape.cStride);
    }
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
    const { run } = this.#shape;
    const unroll = this.#unrollOf(rows, vectors);
    const turn = (steps: number, leave: (condition: Code) => void) => {
      for (let u = 0; u < steps; u++) this.#oneStep(u, rows, vectors, leave);
      // Turn by turn as much as the turn has read, or its part of it, one row of the next block after the other.
      if (panels !== null) this.#fetch(4 * Math.floor((steps * rows) / panels));
      f.advance(this.#weights, steps * this.#bStride(vectors));
    };
    f.leavable((leave) => {
      f.repeat(this.#k, run - (run % unroll), unroll, () => turn(unroll, leave));
      if (run % unroll > 0) turn(run % unroll, leave);
    });
  }

  /**
   * Steps per turn. They divide `run` where it is channels; of pixels, some may be left. A scheduled tile's rare blocks take one:
   * they would be much code for little time.
   */
  #unrollOf(rows: number, vectors: number): number {
    const { tile } = this.#target;
    const most = this.#isUsual(rows, vectors) || !tile.isScheduled ? tile.unroll : 1;
    let unroll = Math.min(most, this.#shape.run);
    if (this.#shape.bRows !== undefined) return unroll;
    while (this.#shape.run % unroll > 0) unroll--;
    return unroll;
  }

  /**
   * Step `u` of a turn: one value of each row, times a row of the panel.
   *
   * V8 puts loads first, as many as it finds, and runs out of registers. Where the tile asks for it, scheduling barriers
   * (`schedulingBarrier.ts`) part the rows, as many at a time as there are registers for their values, beside sums and factors.
   */
  #oneStep(u: number, rows: number, vectors: number, leave: (condition: Code) => void): void {
    const { isScheduled } = this.#target.tile;
    const between = isScheduled ? Math.max(1, REGISTERS - (rows + 1) * vectors) : rows;
    for (let r = 0; r < rows; r++) {
      if (isScheduled && r % between === 0 && u + r > 0) {
        leave(schedulingBarrier(this.#weights, u * rows + r));
      }
      if (r === 0) this.#loadFactors(u, vectors);
      this.#f.emit(this.#value.set(v128.load32Splat(this.#at.value, r * this.#shape.aStride)));
      this.#multiplyRow(r, vectors);
    }
    // V8 adds a load's offset in an instruction of its own, and keeps the sum while it is wanted again. So the offsets
    // are the same in all steps of a turn, and the pointer moves instead: one instruction per step, not one per row.
    this.#step(aStepOf(this.#shape));
  }

  /** Bytes from one k to the next in a panel of `b`. */
  #bStride(vectors: number): number {
    return this.#shape.bRows?.stride ?? 16 * vectors;
  }

  #fetch(bytes: number): void {
    for (let from = 0; from < bytes; from += 64) fetchLine(this.#f, this.#ahead.value, from);
    this.#f.advance(this.#ahead, bytes);
  }

  /** Moves on in `a`. */
  #step(bytes: number): void {
    if (bytes !== 0) this.#f.advance(this.#at, bytes);
  }

  #loadFactors(step: number, vectors: number): void {
    for (let v = 0; v < vectors; v++) {
      const from = step * this.#bStride(vectors) + 16 * v;
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
