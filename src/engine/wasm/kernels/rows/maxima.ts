import { f32, f32x4, i32, i32x4, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { loadArguments, STAGE } from '../stageArguments.js';

export interface MaximaShape {
  /** Of what was pooled. */
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** How many windows there are, down and across. */
  readonly rows: number;
  readonly columns: number;
  /** `[vertical, horizontal]` steps within a window. */
  readonly dilation: readonly [number, number];
}

export const MAXIMA_ARGS = ['src', 'gradient', 'dst', 'tables'] as const;

/** Of each row of windows, and then of each column: the first row or column that is read, and how many. */
export const WINDOW_BYTES = 8;

/** Vectors of a work item, so that no two write into one cache line, where channels allow it. */
const ITEM_VECTORS = 4;

/**
 * Stage: the gradient of each window is added to its largest element, the first of equal ones, or the last NaN. A work item has
 * some channels of all pixels: windows overlap, but channels do not.
 */
export function emitMaxima(
  module: ModuleWriter,
  shape: MaximaShape,
): { readonly stage: FunctionHandle; readonly items: number } {
  const { height, width, channels, rows, columns } = shape;
  const vectors = channels % (4 * ITEM_VECTORS) === 0 ? ITEM_VECTORS : 1;
  const pixel = channels * 4;
  const stage = module.define(`maxima ${JSON.stringify(shape)}`, STAGE, (f, item, args) => {
    const p = loadArguments(f, args, MAXIMA_ARGS);
    const [at, down, across] = f.locals('i32', 3);
    for (const pointer of [p.src, p.gradient, p.dst]) {
      const offset = i32.mul(item.value, i32.const(16 * vectors));
      f.emit(pointer.set(i32.add(pointer.value, offset)));
    }
    f.emit(at.set(p.dst.value));
    f.repeat(f.local('i32'), height * width, 1, () => {
      for (let v = 0; v < vectors; v++) f.emit(v128.store(at.value, v128.zero, 16 * v));
      f.advance(at, pixel);
    });
    f.emit(down.set(p.tables.value));
    f.repeat(f.local('i32'), rows, 1, () => {
      f.emit(across.set(i32.add(p.tables.value, i32.const(rows * WINDOW_BYTES))));
      f.repeat(f.local('i32'), columns, 1, () => {
        const places = writePlaces(f, shape, vectors, { src: p.src, down, across });
        for (const [v, place] of places.entries()) writeSums(f, p, place, 16 * v);
        f.advance(p.gradient, pixel);
        f.advance(across, WINDOW_BYTES);
      });
      f.advance(down, WINDOW_BYTES);
    });
  });
  return { stage, items: channels / (4 * vectors) };
}

/** Where the largest elements of a window lie, in bytes behind the first pixel; −1 where it is empty. */
function writePlaces(
  f: FunctionWriter,
  { width, channels, dilation }: MaximaShape,
  vectors: number,
  { src, down, across }: Readonly<Record<'src' | 'down' | 'across', Local>>,
): Local[] {
  const pixel = channels * 4;
  const places = f.locals('v128', vectors);
  const most = f.locals('v128', vectors);
  const [value, taken] = f.locals('v128', 2);
  const [i, j, line, offset] = f.locals('i32', 4);
  for (let v = 0; v < vectors; v++) {
    f.emit(places[v].set(i32x4.const(-1)), most[v].set(v128.zero));
  }
  const first = i32.mul(i32.load(down.value), i32.const(width));
  f.emit(line.set(i32.mul(i32.add(first, i32.load(across.value)), i32.const(pixel))));
  f.for(i, i32.const(0), i32.load(down.value, 4), 1, () => {
    f.emit(offset.set(line.value));
    f.for(j, i32.const(0), i32.load(across.value, 4), 1, () => {
      for (let v = 0; v < vectors; v++) {
        f.emit(value.set(v128.load(i32.add(src.value, offset.value), 16 * v)));
        // The first is taken whatever it is: no place is below zero but that of none.
        const isFirst = i32x4.shiftRight(places[v].value, i32.const(31));
        const isMore = f32x4.gt(value.value, most[v].value);
        const isNone = f32x4.ne(value.value, value.value);
        f.emit(taken.set(v128.or(v128.or(isFirst, isMore), isNone)));
        f.emit(most[v].set(v128.bitselect(value.value, most[v].value, taken.value)));
        const here = i32x4.splat(offset.value);
        f.emit(places[v].set(v128.bitselect(here, places[v].value, taken.value)));
      }
      f.advance(offset, dilation[1] * pixel);
    });
    f.advance(line, dilation[0] * width * pixel);
  });
  return places;
}

/** Adds a vector of gradients where its lanes belong. */
function writeSums(
  f: FunctionWriter,
  { gradient, dst }: Readonly<Record<'gradient' | 'dst', Local>>,
  place: Local,
  at: number,
): void {
  const to = f.local('i32');
  for (let lane = 0; lane < 4; lane++) {
    f.emit(to.set(i32x4.extractLane(place.value, lane)));
    f.if(i32.ge(to.value, i32.const(0)), () => {
      const offset = at + 4 * lane;
      f.emit(to.set(i32.add(to.value, dst.value)));
      const sum = f32.add(f32.load(to.value, offset), f32.load(gradient.value, offset));
      f.emit(f32.store(to.value, sum, offset));
    });
  }
}
