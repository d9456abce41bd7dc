import type { ConvertRow } from './colour.js';
import type { Frame } from './frame.js';
import { allocate } from './refuse.js';
import { createRowReader, type RowReader } from './upsample.js';

/**
 * Makes the picture from the components' samples, row by row, as soon as they are there: they are
 * then still in the cache.
 */
export class Painter {
  readonly data: Uint8Array;
  private readonly frame: Frame;
  private readonly convertRow: ConvertRow;
  private readonly readers: RowReader[];
  /** One row of each component, at full resolution. */
  private readonly rows: Uint8Array[];
  private row = 0;

  constructor(frame: Frame, convertRow: ConvertRow) {
    this.frame = frame;
    this.convertRow = convertRow;
    this.readers = frame.components.map((component) => createRowReader(frame, component));
    this.rows = this.readers.map((read) => read(0));
    this.data = allocate(() => new Uint8Array(frame.width * frame.height * 3), frame.offset);
  }

  /** All rows that the samples read so far allow. */
  paint(): void {
    const { readers, rows, data, convertRow } = this;
    const { width } = this.frame;
    for (const end = this.paintableRows(); this.row < end; this.row++) {
      for (let i = 0; i < rows.length; i++) rows[i] = readers[i](this.row);
      convertRow(rows, width, data, this.row * width * 3);
    }
  }

  /** A row of a doubled component is made of two of its rows: the last one waits for the next. */
  private paintableRows(): number {
    const { components, maxV, height } = this.frame;
    const limits = components.map(({ rowsReady, v, height: samplesDown }) =>
      rowsReady >= samplesDown ? height : ((rowsReady - 1) * maxV) / v,
    );
    return Math.min(...limits);
  }
}
