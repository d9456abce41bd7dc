import type { Span } from './columns.js';
import type { Rows } from './rows.js';

/** A value that comes around the side, because the row that takes it is not the next. */
export interface Arc extends Span {
  /** How far out it runs: lane 0 is the one at the boxes. */
  readonly lane: number;
}

export interface Lanes {
  readonly arcs: readonly Arc[];
  /** For each group, how many lanes run within its frame. */
  readonly frames: readonly number[];
}

/**
 * All values that do not come from the row above, and those that are taken twice. The shorter arcs run
 * inside, those that would meet beside each other. A frame takes the lanes of the arcs within it, and
 * what passes it keeps outside.
 */
export function arcsOf({ rows, groups }: Rows): Lanes {
  const spans: (Span & { group: number })[] = rows.flatMap(({ inputs }, to) => {
    const straight = inputs.indexOf(to - 1);
    return inputs.filter((_, i) => i !== straight).map((from) => ({ from, to, group: -1 }));
  });
  spans.push(...groups.map(({ first, last }, group) => ({ from: first, to: last, group })));
  // Of one length, an arc is inside the frame.
  spans.sort((a, b) => a.to - a.from - (b.to - b.from) || a.group - b.group || a.from - b.from);
  const placed: Arc[] = [];
  const arcs: Arc[] = [];
  const frames = groups.map(() => 0);
  for (const { from, to, group } of spans) {
    const beside = placed.filter((other) => other.from < to && from < other.to);
    const lane = Math.max(-1, ...beside.map((other) => other.lane)) + 1;
    placed.push({ from, to, lane });
    if (group < 0) arcs.push({ from, to, lane });
    else frames[group] = lane;
  }
  return { arcs, frames };
}
