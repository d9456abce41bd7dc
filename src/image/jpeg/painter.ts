import type { BeginRows, PutRow } from '../rows.js';
import type { ConvertRow } from './colour.js';
import { type Frame, nextBand } from './frame.js';
import { createRowReader, type RowReader } from './upsample.js';

/**
 * Makes rows of pixels from the components' samples, as soon as they are there: they are then still in the cache.
 */
export class Painter {
  private readonly frame: Frame;
  private readonly convertRow: ConvertRow;
  private readonly put: PutRow;
  private readonly readers: RowReader[];
  /** One row of each component, at full resolution. */
  private readonly rows: Uint8Array[];
  private readonly pixels: Uint8Array;
  private row = 0;

  constructor(frame: Frame, convertRow: ConvertRow, begin: BeginRows) {
    this.frame = frame;
    this.convertRow = convertRow;
    this.readers = frame.components.map((component) => createRowReader(frame, component));
    this.rows = this.readers.map(() => new Uint8Array(0));
    this.pixels = new Uint8Array(3 * frame.width);
    this.put = begin({ width: frame.width, height: frame.height, hasAlpha: false });
  }

  /** All rows that the samples read so far allow; then there is room for the next band of these. */
  paint(): void {
    const { readers, rows, pixels, convertRow, put } = this;
    const { width, components } = this.frame;
    for (const end = this.paintableRows(); this.row < end; this.row++) {
      for (let i = 0; i < rows.length; i++) rows[i] = readers[i](this.row);
      convertRow(rows, width, pixels, 0);
      put(pixels);
    }
    for (const component of components) nextBand(component);
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
