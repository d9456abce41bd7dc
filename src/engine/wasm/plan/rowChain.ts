import type { Rows, RowUnit } from './rowUnits.js';

/** A stage of a chain: each but the first reads rows of what the one before it makes. */
export interface ChainMember {
  readonly units: readonly RowUnit[];
  /** Of each unit, the rows of the member before that it reads; nothing for the first member. */
  readonly needs: readonly Rows[];
}

/** Units `from … to − 1` of a member run. */
export interface Turn {
  readonly member: number;
  readonly from: number;
  readonly to: number;
}

export interface ChainSchedule {
  readonly turns: readonly Turn[];
  /** Of each member but the last, how many rows of its result are in memory at a time: whole units. */
  readonly rings: readonly number[];
}

/** Rows that each unit makes, if all but the last make the same number; `null` if not. */
export function evenRows(units: readonly RowUnit[]): number | null {
  const rows = units[0].writes.to - units[0].writes.from;
  const isEven = units.every(
    ({ writes }, i) =>
      writes.from === i * rows &&
      (i === units.length - 1 ? writes.to <= writes.from + rows : writes.to === (i + 1) * rows),
  );
  return isEven ? rows : null;
}

/**
 * Runs stages row by row, depth first: as soon as rows are there that the next stage can go on with, it does, and rows that nothing
 * reads any more are overwritten.
 * @param mostUnits How many units of the first member run in a turn, and about how many of the others.
 */
export function scheduleChain(members: readonly ChainMember[], mostUnits: number): ChainSchedule {
  return new Scheduler(members, mostUnits).run();
}

class Scheduler {
  readonly #members: readonly ChainMember[];
  readonly #mostUnits: number;
  /** Units of each member that have run. */
  readonly #done: number[];
  readonly #turns: Turn[] = [];
  /** Most rows of each member's result that are in memory at the same time. */
  readonly #kept: number[];
  /** Of each member's units, the first row that any from there on needs. */
  readonly #neededFrom: readonly (readonly number[])[];

  constructor(members: readonly ChainMember[], mostUnits: number) {
    this.#members = members;
    this.#mostUnits = mostUnits;
    this.#done = members.map(() => 0);
    this.#kept = members.map(() => 0);
    this.#neededFrom = members.map(({ needs }) => {
      let first = Number.POSITIVE_INFINITY;
      return needs
        .toReversed()
        .map(({ from }) => {
          first = Math.min(first, from);
          return first;
        })
        .toReversed();
    });
  }

  run(): ChainSchedule {
    while (this.#left(0) > 0) {
      this.#take(0, Math.min(this.#mostUnits, this.#left(0)));
      this.#goOn(1);
    }
    const links = this.#members.slice(0, -1);
    const rings = links.map(({ units }, i) => {
      const rows = units[0].writes.to - units[0].writes.from;
      return Math.ceil(this.#kept[i] / rows) * rows;
    });
    return { turns: this.#turns, rings };
  }

  #left(member: number): number {
    return this.#members[member].units.length - this.#done[member];
  }

  /** Units of a member run, and then those behind it, as far as there are rows for them. */
  #goOn(member: number): void {
    if (member === this.#members.length) return;
    for (;;) {
      const count = this.#ready(member);
      if (count === 0) return;
      this.#take(member, count);
      this.#goOn(member + 1);
    }
  }

  #ready(member: number): number {
    const { needs } = this.#members[member];
    const rows = this.#rowsOf(member - 1);
    const first = this.#done[member];
    let count = 0;
    const most = Math.min(this.#mostUnits, this.#left(member));
    while (count < most && needs[first + count].to <= rows) count++;
    return count;
  }

  /** Rows of a member's result that were made. */
  #rowsOf(member: number): number {
    const done = this.#done[member];
    return done === 0 ? 0 : this.#members[member].units[done - 1].writes.to;
  }

  #take(member: number, count: number): void {
    const from = this.#done[member];
    this.#turns.push({ member, from, to: from + count });
    this.#done[member] += count;
    const reader = member + 1;
    if (reader === this.#members.length) return;
    const needed = this.#neededFrom[reader][this.#done[reader]];
    const made = this.#rowsOf(member);
    this.#kept[member] = Math.max(this.#kept[member], made - Math.min(needed ?? made, made));
  }
}
