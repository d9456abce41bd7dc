import type { FunctionHandle } from '../../../emit/module.js';
import type { Source } from './source.js';

/** Some work items of a stage, one after the other. */
export interface PlannedStep {
  readonly stage: FunctionHandle;
  readonly firstItem: number;
  readonly items: number;
  readonly firstTileRow: number;
}

/** Rows `from … to − 1`. */
export interface Rows {
  readonly from: number;
  readonly to: number;
}

/** The least of a stage that runs by itself: it makes some rows of the result of some rows of the source. */
export interface RowUnit {
  readonly steps: readonly PlannedStep[];
  /** Rows of the source with its border, of which row 0 is the border's first; there may be fewer than that. */
  readonly reads: Rows;
  /** Rows of the result: those that follow the unit's before. */
  readonly writes: Rows;
}

/** Steps of units in turn: where they are items of one step, as one. */
export function joinUnits(units: readonly RowUnit[]): PlannedStep[] {
  const joined: PlannedStep[] = [];
  for (const step of units.flatMap(({ steps }) => steps)) {
    const last = joined.at(-1);
    const isNext =
      last?.stage === step.stage &&
      last.firstTileRow === step.firstTileRow &&
      last.firstItem + last.items === step.firstItem;
    if (last !== undefined && isNext) {
      joined[joined.length - 1] = { ...last, items: last.items + step.items };
    } else joined.push(step);
  }
  return joined;
}

/** The rows of the value itself that are read as some rows of it with its border. */
export function rowsInside(
  { height, border }: Pick<Source, 'height' | 'border'>,
  { from, to }: Rows,
): Rows {
  const { mode, top, bottom } = border;
  let [first, end] = [height, 0];
  for (let row = Math.max(0, from); row < Math.min(to, top + height + bottom); row++) {
    const y = inside(row - top, height, mode);
    if (y === null) continue;
    [first, end] = [Math.min(first, y), Math.max(end, y + 1)];
  }
  return { from: first, to: end };
}

/** The row that a row of the border repeats; `null` for zeros. */
function inside(y: number, height: number, mode: Source['border']['mode']): number | null {
  if (y >= 0 && y < height) return y;
  if (mode === 'zero') return null;
  if (mode === 'replicate') return y < 0 ? 0 : height - 1;
  return y < 0 ? -y : 2 * (height - 1) - y;
}

/** Bands of a layer whose result takes the place of its source: the result is so much of the layer away. */
const BANDS = 16;
/** Units of a band that each thread has at least. */
const UNITS_PER_THREAD = 4;

/** Units that run together. Those of several steps have bands of their own. */
export function inBands(units: readonly RowUnit[], threads: number): RowUnit[][] {
  const isWhole = units.some(({ steps }) => steps.length > 1);
  const most = Math.max(Math.ceil(units.length / BANDS), threads * UNITS_PER_THREAD);
  const size = isWhole ? 1 : most;
  return Array.from({ length: Math.ceil(units.length / size) }, (_, band) =>
    units.slice(band * size, (band + 1) * size),
  );
}

/**
 * How many bytes behind the result the source has to lie, if its rows are overwritten by those of the result. Units of several steps
 * have read all that they read before they write.
 */
export function overlayDistance(
  source: Pick<Source, 'height' | 'border'>,
  bands: readonly (readonly RowUnit[])[],
  rowBytes: { readonly source: number; readonly result: number },
): number {
  let distance = Number.NEGATIVE_INFINITY;
  let needed = Number.POSITIVE_INFINITY;
  for (const band of bands.toReversed()) {
    const isReadBefore = band.every(({ steps }) => steps.length > 1);
    const neededAfter = needed;
    for (const { reads } of band) needed = Math.min(needed, rowsInside(source, reads).from);
    const end = Math.max(...band.map(({ writes }) => writes.to));
    const kept = isReadBefore ? neededAfter : needed;
    if (kept < Number.POSITIVE_INFINITY) {
      distance = Math.max(distance, end * rowBytes.result - kept * rowBytes.source);
    }
  }
  return Math.max(0, distance);
}

/** Units by the times that their rows have begun anew in each of some rings of so many; `null` for no ring. */
export function inLaps(
  units: readonly RowUnit[],
  rings: readonly (number | null)[],
): { readonly laps: readonly number[]; readonly units: RowUnit[] }[] {
  const all: { readonly laps: readonly number[]; readonly units: RowUnit[] }[] = [];
  for (const unit of units) {
    const laps = rings.map((ring) => (ring === null ? 0 : Math.floor(unit.writes.from / ring)));
    const last = all.at(-1);
    if (last?.laps.every((lap, i) => lap === laps[i])) last.units.push(unit);
    else all.push({ laps, units: [unit] });
  }
  return all;
}
