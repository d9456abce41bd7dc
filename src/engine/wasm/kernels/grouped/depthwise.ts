import { i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import type { PhaseAxis } from '../gemm/implicitGemm.js';
import { schedulingBarrier } from '../gemm/schedulingBarrier.js';
import { multiplyAdd, storeSideBySide, type Target } from '../target.js';

/**
 * One output row of a convolution whose output channels each read input channels of their own:
 *
 *     out[x][c] = bias[c] + Σ_(tap row, term, tap column) in[row][x · inStep + column][term][c] · weights[…][c]
 *
 * A depthwise convolution has one term and reads its input as it is. Others have as many as a group has input channels, laid out
 * by `spread.ts`.
 */
export interface DepthwiseShape {
  /** Output channels, a multiple of 4. */
  readonly channels: number;
  readonly terms: number;
  readonly rows: Pick<PhaseAxis, 'taps' | 'tapStep'>;
  readonly cols: Pick<PhaseAxis, 'count' | 'outStep' | 'taps' | 'tapStep'>;
  /** Input pixels from one output to the next. */
  readonly inStep: number;
  /** Bytes from one input row to the next. */
  readonly pitch: number;
}

/** Vector registers that V8 has for a loop on x64; it keeps one of the sixteen for itself. */
const REGISTERS = 15;
/** Most output pixels of a block, whose sums are in registers together with the weights of one run of taps. */
const BLOCK_PIXELS = 8;
/** Taps of a row whose weights are in registers at a time. */
const RUN_TAPS = 5;

/** Output channels by blocks that are worked on together, as `weights` are packed: `[block][tap row][term][tap column][lanes]`. */
export function channelBlocks(
  { joins }: Target,
  channels: number,
): { readonly first: number; readonly lanes: number }[] {
  const wide = joins ? 8 : 4;
  const blocks = [];
  for (let first = 0; first < channels; first += wide) {
    blocks.push({ first, lanes: Math.min(wide, channels - first) });
  }
  return blocks;
}

/** `(in, weights, out, bias)`: see `DepthwiseShape`. `in` is what the first tap of output 0 reads. */
export function emitDepthwiseRow(
  module: ModuleWriter,
  target: Target,
  shape: DepthwiseShape,
): FunctionHandle {
  const { channels, terms, cols, inStep } = shape;
  const key = `depthwise ${JSON.stringify([target, shape])}`;
  return module.define(key, ['i32', 'i32', 'i32', 'i32'], (f, input, weights, out, bias) => {
    const w = new DepthwiseWriter(f, target, shape, { input, weights, out, bias });
    // Blocks of nearly one size: a low one waits for its own sums.
    const pixels = Math.ceil(cols.count / Math.ceil(cols.count / BLOCK_PIXELS));
    const x = f.local('i32');
    const whole = Math.floor(cols.count / pixels);
    f.repeat(x, whole, 1, () => {
      w.block(pixels);
      const inBytes = pixels * inStep * terms * channels * 4;
      f.emit(input.set(i32.add(input.value, i32.const(inBytes))));
      const outBytes = pixels * cols.outStep * channels * 4;
      f.emit(out.set(i32.add(out.value, i32.const(outBytes))));
    });
    if (cols.count % pixels > 0) w.block(cols.count % pixels);
  });
}

interface Pointers {
  readonly input: Local;
  readonly weights: Local;
  readonly out: Local;
  readonly bias: Local;
}

/** Writes blocks of pixels. Locals are made once and shared, so that V8 sees few of them. */
class DepthwiseWriter {
  readonly #f: FunctionWriter;
  readonly #target: Target;
  readonly #shape: DepthwiseShape;
  readonly #p: Pointers;
  readonly #at: Pointers;
  readonly #from: Local;
  readonly #block: Local;
  readonly #row: Local;
  readonly #term: Local;
  readonly #sums: Local[];
  readonly #factors: Local[];
  readonly #values: Local[];

  constructor(f: FunctionWriter, target: Target, shape: DepthwiseShape, pointers: Pointers) {
    this.#f = f;
    this.#target = target;
    this.#shape = shape;
    this.#p = pointers;
    const [input, weights, out, bias] = f.locals('i32', 4);
    this.#at = { input, weights, out, bias };
    [this.#from, this.#block, this.#row, this.#term] = f.locals('i32', 4);
    this.#sums = f.locals('v128', 2 * BLOCK_PIXELS);
    this.#factors = f.locals('v128', 2 * RUN_TAPS);
    this.#values = f.locals('v128', 2);
  }

  /** So many pixels of all channels. */
  block(pixels: number): void {
    const f = this.#f;
    const at = this.#at;
    for (const name of ['input', 'weights', 'out', 'bias'] as const) {
      f.emit(at[name].set(this.#p[name].value));
    }
    const blocks = channelBlocks(this.#target, this.#shape.channels);
    const widest = blocks[0].lanes;
    const full = blocks.filter(({ lanes }) => lanes === widest).length;
    f.repeat(this.#block, full, 1, () => this.#channels(pixels, widest / 4));
    if (full < blocks.length) this.#channels(pixels, blocks[full].lanes / 4);
  }

  /** So many vectors of channels from where the pointers are, which then move on. */
  #channels(pixels: number, vectors: number): void {
    const f = this.#f;
    const { channels, terms, rows, cols, pitch } = this.#shape;
    const { input, out, bias } = this.#at;
    const sumsOf = (pixel: number) => this.#sums.slice(pixel * vectors, (pixel + 1) * vectors);
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (const [v, sum] of sumsOf(pixel).entries()) {
        f.emit(sum.set(v128.load(bias.value, 16 * v)));
      }
    }
    f.emit(this.#from.set(input.value));
    f.leavable((leave) => {
      f.repeat(this.#row, rows.taps, 1, () => {
        f.repeat(this.#term, terms, 1, () => {
          this.#tapRow(pixels, vectors, leave);
          this.#advance(this.#from, channels * 4);
        });
        this.#advance(this.#from, rows.tapStep * pitch - terms * channels * 4);
      });
    });
    for (let pixel = 0; pixel < pixels; pixel++) {
      storeSideBySide(f, out, sumsOf(pixel), pixel * cols.outStep * channels * 4);
    }
    for (const pointer of [input, out, bias]) this.#advance(pointer, 16 * vectors);
  }

  /** All tap columns of one row and term. Each input pixel is loaded once for all outputs of the block that read it. */
  #tapRow(
    pixels: number,
    vectors: number,
    leave: (condition: ReturnType<typeof schedulingBarrier>) => void,
  ): void {
    const f = this.#f;
    const { channels, terms, cols } = this.#shape;
    const { isScheduled } = this.#target.tile;
    const { weights } = this.#at;
    for (let first = 0; first < cols.taps; first += RUN_TAPS) {
      const taps = Math.min(RUN_TAPS, cols.taps - first);
      for (let i = 0; i < taps * vectors; i++) {
        f.emit(this.#factors[i].set(v128.load(weights.value, 16 * i)));
      }
      // As many inputs as there are registers for, beside sums and weights.
      const between = Math.max(1, REGISTERS - (pixels + taps) * vectors);
      for (const [i, { position, uses }] of this.#reads(first, taps, pixels).entries()) {
        if (isScheduled && i > 0 && i % between === 0) leave(schedulingBarrier(weights, i));
        const offset = position * terms * channels * 4;
        for (let v = 0; v < vectors; v++) {
          f.emit(this.#values[v].set(v128.load(this.#from.value, offset + 16 * v)));
        }
        for (const { pixel, tap } of uses) this.#multiply(pixel, tap, vectors);
      }
      this.#advance(weights, 16 * taps * vectors);
    }
  }

  /** Input positions, in their order, that a run of taps reads for a block of outputs; each with its readers. */
  #reads(first: number, taps: number, pixels: number) {
    const { cols, inStep } = this.#shape;
    const uses = new Map<number, { readonly pixel: number; readonly tap: number }[]>();
    for (let tap = 0; tap < taps; tap++) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        const position = pixel * inStep + (first + tap) * cols.tapStep;
        uses.set(position, [...(uses.get(position) ?? []), { pixel, tap }]);
      }
    }
    return [...uses]
      .map(([position, readers]) => ({ position, uses: readers }))
      .sort((a, b) => a.position - b.position);
  }

  #multiply(pixel: number, tap: number, vectors: number): void {
    for (let v = 0; v < vectors; v++) {
      const sum = this.#sums[pixel * vectors + v];
      const factor = this.#factors[tap * vectors + v].value;
      const product = multiplyAdd(this.#target, this.#values[v].value, factor, sum.value);
      this.#f.emit(sum.set(product));
    }
  }

  #advance(pointer: Local, bytes: number): void {
    if (bytes !== 0) this.#f.emit(pointer.set(i32.add(pointer.value, i32.const(bytes))));
  }
}
