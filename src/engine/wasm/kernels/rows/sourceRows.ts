import { type Code, i32 } from '../../../../emit/code.js';
import type { FunctionWriter, Local, ModuleWriter } from '../../../../emit/module.js';
import type { Target } from '../target.js';
import { rowPixels } from './rows.js';
import { type Pointers, RowLoader, type SourceShape } from './stage.js';

/**
 * The rows that an item of a stage reads, with what was pending and the border: made ready in the thread's scratch memory, or
 * read where they are, if nothing is left to do.
 */
export class SourceRows {
  /** Bytes from one row to the next. */
  readonly pitch: number;
  /** With the border. */
  readonly height: number;
  readonly width: number;
  readonly #loader: RowLoader | null;

  constructor(module: ModuleWriter, target: Target, source: SourceShape) {
    const { row, height, top, bottom } = source;
    this.height = top + height + bottom;
    this.width = rowPixels(row);
    this.pitch = this.width * row.channels * 4;
    const isReady =
      row.operations.length === 0 && this.height === height && this.width === row.width;
    this.#loader = isReady ? null : new RowLoader(module, target, source);
  }

  /** Scratch memory for so many rows. */
  bytes(rows: number): number {
    return this.#loader === null ? 0 : rows * this.pitch;
  }

  /**
   * Writes the code that makes rows `first … end − 1`, which there are, ready.
   * @param scratch Where they may be made.
   * @returns Where row 0 is, or would be.
   */
  emitRows(f: FunctionWriter, p: Pointers, scratch: Code, first: Local, end: Local): Local {
    const base = f.local('i32');
    if (this.#loader === null) {
      f.emit(base.set(p.src.value));
      return base;
    }
    const none = i32.const(0);
    const count = i32.sub(end.value, first.value);
    this.#loader.load(f, p, scratch, first.value, count, none, none);
    f.emit(base.set(i32.sub(scratch, i32.mul(first.value, i32.const(this.pitch)))));
    return base;
  }
}
