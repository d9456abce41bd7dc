import { type Code, i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { loadArguments } from '../stageArguments.js';
import type { Target } from '../target.js';
import { emitRowSums, partialBytes } from './norm.js';
import { emitRangeCheck } from './range.js';
import {
  emitRow,
  emitZeroRow,
  otherRowBytes,
  type RowShape,
  rowOfPart,
  rowPixels,
  sourceRowBytes,
} from './rows.js';

/**
 * How a convolution's stage gets its input: rows of the value that feeds it, made ready by a row kernel
 * in the thread's own scratch memory. Rows count from the first one of the border; those beyond it are zeros.
 */
export interface SourceShape {
  readonly row: RowShape;
  /** Rows of the value itself. */
  readonly height: number;
  /** Rows of the border, which is of the same mode as that of the row. */
  readonly top: number;
  readonly bottom: number;
  /** Whether a value beyond what Winograd takes ends the run (`range.ts`). */
  readonly checked: boolean;
  /** Set where only so many rows of the value are in memory at a time: row `y` is row `y mod ring` of them. */
  readonly ring?: number;
}

export interface OutputShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Whether the stage leaves partial sums for a norm. */
  readonly sums: boolean;
  /** Real channels, where the stage writes the network's output as `[planes][height][width]`; `null` where it writes pixels. */
  readonly planes: number | null;
  /** Set where each of those planes holds only so many rows at a time; whoever calls knows where they begin. */
  readonly planeRows?: number;
}

/** What is read of the second of two values whose channels are one behind the other. */
export const BEHIND_ARGS = ['behindSrc', 'behindNorm', 'behindOther'] as const;

/** Arguments of a convolution's stage, and of those that read rows as it does; `tiles` and `firstTileRow` are Winograd's alone. */
export const CONV_ARGS = [
  'src',
  'norm',
  'other',
  'keep',
  'weights',
  'bias',
  'out',
  'partials',
  'tiles',
  'firstTileRow',
  ...BEHIND_ARGS,
] as const;

export type Pointers = Readonly<Record<(typeof CONV_ARGS)[number], Local>>;

export interface ConvStage {
  readonly stage: FunctionHandle;
  readonly items: number;
  /** Bytes of scratch memory that a thread needs. */
  readonly scratchBytes: number;
}

/** A stage whose items depend on where it is used. */
export interface BandStage {
  readonly stage: FunctionHandle;
  readonly scratchBytes: number;
}

export function loadPointers(f: FunctionWriter, args: Local): Pointers {
  return loadArguments(f, args, CONV_ARGS);
}

/** What makes a row, or the channels of it that come from one value. */
interface RowMaker {
  readonly make: FunctionHandle;
  /** Of the row's channels, the first that it makes. */
  readonly firstChannel: number;
  /** Bytes from one row to the next of the value, and of the other one that goes with it. */
  readonly rowBytes: number;
  readonly otherBytes: number;
}

/** Where the values of a row are. */
const PART_ARGS = [['src', 'norm', 'other'], BEHIND_ARGS] as const;

function makersOf(module: ModuleWriter, target: Target, row: RowShape): RowMaker[] {
  const shapes = row.parts?.map((part) => rowOfPart(row, part)) ?? [row];
  let channels = 0;
  return shapes.map((shape) => {
    const firstChannel = channels;
    channels += shape.channels;
    const [rowBytes, otherBytes] = [sourceRowBytes(shape), otherRowBytes(shape)];
    return { make: emitRow(module, target, shape), firstChannel, rowBytes, otherBytes };
  });
}

/** Writes the call that makes row `y` ready. */
function callMaker(
  f: FunctionWriter,
  { make, firstChannel, rowBytes, otherBytes }: RowMaker,
  [src, norm, other]: readonly Local[],
  places: {
    readonly y: Local;
    readonly dst: Local;
    readonly keep: Local | null;
    readonly ring: number | undefined;
  },
): void {
  const { y, dst, keep, ring } = places;
  const offset = f.local('i32');
  f.emit(offset.set(i32.mul(y.value, i32.const(rowBytes))));
  const at = (pointer: Local) => i32.add(pointer.value, offset.value);
  const otherOffset = i32.mul(y.value, i32.const(otherBytes));
  f.call(
    make,
    rowInRing(src.value, y, rowBytes, ring) ?? at(src),
    firstChannel === 0 ? dst.value : i32.add(dst.value, i32.const(firstChannel * 4)),
    norm.value,
    otherBytes === rowBytes ? at(other) : i32.add(other.value, otherOffset),
    keep === null ? i32.const(0) : at(keep),
  );
}

/** Writes the code that makes `count` input rows, from row `first` on, ready in scratch memory. */
export class RowLoader {
  /** Bytes of a row. */
  readonly pitch: number;
  /** Floats of a pixel. */
  readonly channels: number;
  readonly #makers: readonly RowMaker[];
  readonly #makeAndKeep: FunctionHandle | null;
  readonly #zero: FunctionHandle;
  readonly #check: FunctionHandle | null;
  readonly #source: SourceShape;

  constructor(module: ModuleWriter, target: Target, source: SourceShape) {
    const { row } = source;
    this.channels = row.channels;
    this.pitch = rowPixels(row) * row.channels * 4;
    this.#source = source;
    this.#makeAndKeep = row.keep ? emitRow(module, target, row) : null;
    this.#makers = makersOf(module, target, { ...row, keep: false });
    const floats = rowPixels(row) * row.channels;
    this.#zero = emitZeroRow(module, floats);
    this.#check = source.checked ? emitRangeCheck(module, floats) : null;
  }

  /** Rows `ownedFrom … ownedTo − 1` are this item's own to keep, where the source is kept. */
  load(
    f: FunctionWriter,
    p: Pointers,
    to: Code,
    first: Code,
    count: Code,
    ownedFrom: Code,
    ownedTo: Code,
  ): void {
    const { row, height, top, bottom, ring } = this.#source;
    const hasRows = row.border.mode !== 'zero';
    const [firstRow, end] = hasRows ? [0, top + height + bottom] : [top, top + height];
    const [i, y, dst] = f.locals('i32', 3);
    f.emit(dst.set(to));
    f.for(i, i32.const(0), count, 1, () => {
      f.emit(y.set(i32.add(first, i.value)));
      const outside = i32.or(i32.lt(y.value, i32.const(firstRow)), i32.ge(y.value, i32.const(end)));
      f.if(
        outside,
        () => f.call(this.#zero, dst.value),
        () => {
          f.emit(y.set(i32.sub(y.value, i32.const(top))));
          const owned = i32.and(i32.ge(y.value, ownedFrom), i32.lt(y.value, ownedTo));
          const inside = f.local('i32');
          f.emit(inside.set(y.value));
          emitInside(f, inside, height, row.border.mode);
          const make = () => {
            for (const [part, maker] of this.#makers.entries()) {
              callMaker(
                f,
                maker,
                PART_ARGS[part].map((name) => p[name]),
                { y: inside, dst, keep: null, ring },
              );
            }
          };
          const [whole] = this.#makers;
          const kept = this.#makeAndKeep;
          if (kept === null) make();
          else {
            const args = PART_ARGS[0].map((name) => p[name]);
            const places = { y: inside, dst, keep: p.keep, ring };
            f.if(owned, () => callMaker(f, { ...whole, make: kept }, args, places), make);
          }
          if (this.#check !== null) f.call(this.#check, dst.value);
        },
      );
      f.emit(dst.set(i32.add(dst.value, i32.const(this.pitch))));
    });
  }
}

/** Where row `y` of a value is, of which only so many rows are in memory; `null` if all are. */
export function rowInRing(
  start: Code,
  y: Local,
  rowBytes: number,
  ring: number | undefined,
): Code | null {
  if (ring === undefined) return null;
  const row = i32.rem(y.value, i32.const(ring));
  return i32.add(start, i32.mul(row, i32.const(rowBytes)));
}

/** The row that a row of the border repeats, in place of it. */
export function emitInside(
  f: FunctionWriter,
  y: Local,
  height: number,
  mode: RowShape['border']['mode'],
): void {
  if (mode === 'zero') return;
  const above = mode === 'reflect' ? i32.sub(i32.const(0), y.value) : i32.const(0);
  const below =
    mode === 'reflect' ? i32.sub(i32.const(2 * (height - 1)), y.value) : i32.const(height - 1);
  f.if(i32.lt(y.value, i32.const(0)), () => f.emit(y.set(above)));
  f.if(i32.ge(y.value, i32.const(height)), () => f.emit(y.set(below)));
}

/**
 * Writes the code that sums up finished output rows: of all channels, or of so many from the channel on
 * that `p.out` and `p.partials` point to.
 */
export class RowSummer {
  readonly #sums: FunctionHandle;
  readonly #out: OutputShape;
  readonly #channels: number;

  constructor(module: ModuleWriter, out: OutputShape, channels = out.channels) {
    this.#out = out;
    this.#channels = channels;
    this.#sums = emitRowSums(module, { width: out.width, channels, pixel: out.channels });
  }

  /** Clears the partial sums of that number; gives where they are. */
  begin(f: FunctionWriter, p: Pointers, index: Local): Local {
    const bytes = partialBytes(this.#out.channels);
    const [partial, i, at] = f.locals('i32', 3);
    f.emit(partial.set(i32.add(p.partials.value, i32.mul(index.value, i32.const(bytes)))));
    f.emit(at.set(partial.value));
    f.repeat(i, this.#channels * 8, 16, () => {
      f.emit(v128.store(at.value, v128.zero), v128.store(at.value, v128.zero, bytes / 2));
      f.emit(at.set(i32.add(at.value, i32.const(16))));
    });
    return partial;
  }

  /** Adds output rows `from … to − 1`, of which those beyond the picture do not count. */
  add(f: FunctionWriter, p: Pointers, partial: Local, from: Code, to: Code): void {
    const { height, width, channels } = this.#out;
    const y = f.local('i32');
    f.for(y, from, i32.min(to, i32.const(height)), 1, () => {
      const offset = i32.mul(y.value, i32.const(width * channels * 4));
      f.call(this.#sums, i32.add(p.out.value, offset), partial.value);
    });
  }
}
