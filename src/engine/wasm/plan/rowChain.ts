import type { Rows, RowUnit } from './rowUnits.js';

/** What a stage of a chain reads of what one before it makes. */
export interface ChainSource {
  /** Which one. */
  readonly member: number;
  /** Of each unit, the rows of that one's result that it reads. */
  readonly needs: readonly Rows[];
}

/** A stage of a chain: it reads rows of what those before it make. */
export interface ChainMember {
  readonly units: readonly RowUnit[];
  /** Nothing for a first member. */
  readonly sources: readonly ChainSource[];
  /** How many units run together, as long as there are more to come: one for each thread, say. Default: 1. */
  readonly least?: number;
  /** How many run in a turn at most. */
  readonly most: number;
}

/** Units `from … to − 1` of a member run. */
export interface Turn {
  readonly member: number;
  readonly from: number;
  readonly to: number;
}

export interface ChainSchedule {
  readonly turns: readonly Turn[];
  /** Of each member that others read, how many rows of its result are in memory at a time: whole units. `null` for the rest. */
  readonly rings: readonly (number | null)[];
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
 * Runs stages row by row, depth first: as soon as rows are there that a stage can go on with, it does, and rows that nothing
 * reads any more are overwritten.
 * @param members Each behind those that it reads.
 */
export function scheduleChain(members: readonly ChainMember[]): ChainSchedule {
  return new Scheduler(members).run();
}

/** A member that reads another one, and for each of its units the first row that any from there on needs. */
interface Reader {
  readonly member: number;
  readonly neededFrom: readonly number[];
}

class Scheduler {
  readonly #members: readonly ChainMember[];
  /** Units of each member that have run. */
  readonly #done: number[];
  readonly #turns: Turn[] = [];
  /** Most rows of each member's result that are in memory at the same time. */
  readonly #kept: number[];
  /** Of each member. */
  readonly #readers: readonly (readonly Reader[])[];

  constructor(members: readonly ChainMember[]) {
    this.#members = members;
    this.#done = members.map(() => 0);
    this.#kept = members.map(() => 0);
    const readers = members.flatMap(({ sources }, member) =>
      sources.map(({ member: of, needs }) => ({ of, member, neededFrom: leastFrom(needs) })),
    );
    this.#readers = members.map((_, index) => readers.filter(({ of }) => of === index));
  }

  run(): ChainSchedule {
    for (let next = this.#next(); next !== null; next = this.#next()) {
      this.#take(next, this.#ready(next));
    }
    const rings = this.#members.map(({ units }, i) => {
      if (this.#readers[i].length === 0) return null;
      const rows = units[0].writes.to - units[0].writes.from;
      return Math.max(1, Math.ceil(this.#kept[i] / rows)) * rows;
    });
    return { turns: this.#turns, rings };
  }

  /** The last member that can go on with what is there; else, of those that need nothing, the one that is most behind. */
  #next(): number | null {
    let first: number | null = null;
    for (let member = this.#members.length - 1; member >= 0; member--) {
      if (this.#ready(member) === 0) continue;
      if (this.#members[member].sources.length > 0) return member;
      if (first === null || this.#share(member) <= this.#share(first)) first = member;
    }
    return first;
  }

  /** How much of a member has run. */
  #share(member: number): number {
    return this.#done[member] / this.#members[member].units.length;
  }

  #left(member: number): number {
    return this.#members[member].units.length - this.#done[member];
  }

  /** How many units of a member can run now. */
  #ready(member: number): number {
    const { sources, least = 1, most: limit } = this.#members[member];
    const rows = sources.map((source) => this.#rowsOf(source.member));
    const first = this.#done[member];
    const most = Math.min(limit, this.#left(member));
    const isThere = (unit: number) =>
      sources.every(
        ({ needs }, i) => needs[unit].to <= rows[i] || this.#left(sources[i].member) === 0,
      );
    let count = 0;
    while (count < most && isThere(first + count)) count++;
    return count < Math.min(least, this.#left(member)) ? 0 : count;
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
    const made = this.#rowsOf(member);
    for (const { member: reader, neededFrom } of this.#readers[member]) {
      const needed = neededFrom[this.#done[reader]] ?? made;
      this.#kept[member] = Math.max(this.#kept[member], made - Math.min(needed, made));
    }
  }
}

/** For each of some units, the first row that any from there on needs. */
function leastFrom(needs: readonly Rows[]): number[] {
  let first = Number.POSITIVE_INFINITY;
  return needs
    .toReversed()
    .map(({ from }) => {
      first = Math.min(first, from);
      return first;
    })
    .toReversed();
}
