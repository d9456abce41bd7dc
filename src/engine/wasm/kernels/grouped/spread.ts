import { type Code, i32, shuffle, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import type { InputRows } from '../gemm/implicitGemm.js';
import { rowPixels } from '../rows/rows.js';
import { type Pointers, RowLoader, type SourceShape } from '../rows/stage.js';
import type { Target } from '../target.js';

/** Groups of few output channels: vectors along them would be half empty, or have to be put together for each product. */
export interface SpreadShape {
  readonly groups: number;
  /** Input and output channels of a group. */
  readonly groupIn: number;
  readonly groupOut: number;
}

/** Output channels, as a multiple of 4. */
export function spreadChannels({ groups, groupOut }: SpreadShape): number {
  return Math.ceil((groups * groupOut) / 4) * 4;
}

/**
 * Input rows with each channel once for every output channel that reads it, in the order of those: `[width][groupIn][output
 * channels]`. What comes after is a depthwise convolution of `groupIn` terms (`depthwise.ts`) without any zeros
 * between groups. Each input is laid out once, and read by all taps.
 */
export class SpreadRows implements InputRows {
  readonly pitch: number;
  readonly channels: number;
  readonly #loader: RowLoader;
  readonly #spread: FunctionHandle;

  constructor(module: ModuleWriter, target: Target, source: SourceShape, shape: SpreadShape) {
    this.#loader = new RowLoader(module, target, source);
    const pixels = rowPixels(source.row);
    this.channels = shape.groupIn * spreadChannels(shape);
    this.pitch = pixels * this.channels * 4;
    this.#spread = emitSpread(module, { ...shape, pixels, pixel: this.#loader.channels });
  }

  /** Bytes of scratch memory behind the rows, where a row of the source is made ready. */
  get spareBytes(): number {
    return this.#loader.pitch + 16;
  }

  load(
    f: FunctionWriter,
    p: Pointers,
    to: Code,
    first: Code,
    count: Code,
    ownedFrom: Code,
    ownedTo: Code,
  ): void {
    const [i, dst, spare] = f.locals('i32', 3);
    f.emit(dst.set(to), spare.set(i32.add(to, i32.mul(count, i32.const(this.pitch)))));
    f.for(i, i32.const(0), count, 1, () => {
      const row = i32.add(first, i.value);
      this.#loader.load(f, p, spare.value, row, i32.const(1), ownedFrom, ownedTo);
      f.call(this.#spread, spare.value, dst.value);
      f.emit(dst.set(i32.add(dst.value, i32.const(this.pitch))));
    });
  }
}

/** `(src, dst)`: one row. Lanes of output channels that exist only as padding become zero. */
function emitSpread(
  module: ModuleWriter,
  shape: SpreadShape & {
    /** Pixels of the row, and floats of each. */
    readonly pixels: number;
    readonly pixel: number;
  },
): FunctionHandle {
  const { groups, groupIn, groupOut, pixels, pixel } = shape;
  const channels = spreadChannels(shape);
  // After so many vectors, lanes read the same channels again, but for whole groups.
  const period = groupOut / commonDivisor(4, groupOut);
  const full = Math.floor((groups * groupOut) / (4 * period));
  const periodIn = ((4 * period) / groupOut) * groupIn;
  return module.define(`spread ${JSON.stringify(shape)}`, ['i32', 'i32'], (f, src, dst) => {
    const [x, term, k, from] = f.locals('i32', 4);
    const channelOf = (out: number) =>
      out < groups * groupOut ? Math.floor(out / groupOut) * groupIn : null;
    const vectors = (first: number, count: number) => {
      const before = Math.floor((4 * first) / groupOut) * groupIn;
      for (let q = first; q < first + count; q++) {
        const lanes = [0, 1, 2, 3].map((lane) => channelOf(4 * q + lane));
        const own = lanes.map((channel) => (channel === null ? null : channel - before));
        f.emit(v128.store(dst.value, gathered(from, own), (q - first) * 16));
      }
      f.emit(dst.set(i32.add(dst.value, i32.const(count * 16))));
    };
    f.repeat(x, pixels, 1, () => {
      f.repeat(term, groupIn, 1, () => {
        f.emit(from.set(src.value));
        f.repeat(k, full, 1, () => {
          vectors(0, period);
          f.emit(from.set(i32.add(from.value, i32.const(periodIn * 4))));
        });
        vectors(full * period, channels / 4 - full * period);
        f.emit(src.set(i32.add(src.value, i32.const(4))));
      });
      f.emit(src.set(i32.add(src.value, i32.const((pixel - groupIn) * 4))));
    });
  });
}

/** Four floats at these places from `from` on, and zeros where there is none; up to three floats behind the last are read. */
function gathered(from: Local, places: readonly (number | null)[]): Code {
  const wanted = places.filter((place) => place !== null);
  if (wanted.length === 4 && new Set(wanted).size === 1) {
    return v128.load32Splat(from.value, wanted[0] * 4);
  }
  let result: Code = v128.zero;
  const isDone = places.map(() => false);
  for (const place of [...wanted].sort((a, b) => a - b)) {
    const lanes = places.map((other, i) =>
      !isDone[i] && other !== null && other >= place && other < place + 4 ? other - place : null,
    );
    if (lanes.every((lane) => lane === null)) continue;
    const bytes = lanes.flatMap((lane, i) => {
      if (lane !== null) isDone[i] = true;
      const first = lane === null ? 4 * i : 16 + 4 * lane;
      return [first, first + 1, first + 2, first + 3];
    });
    result = shuffle(result, v128.load(from.value, place * 4), bytes);
  }
  return result;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
