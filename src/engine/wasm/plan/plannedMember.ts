import type { Argument } from './assembly.js';
import type { ChainSchedule, Turn } from './rowChain.js';
import type { PlannedStep, RowUnit } from './rowUnits.js';

/** How many bytes from their buffers' starts values begin, of which only rows from a certain one on are in memory. */
export interface Shifts {
  readonly result: number;
  /** Of what a stage reads row by row, where its kernel knows of no ring. */
  readonly source: number;
  readonly other: number;
}

export const UNSHIFTED: Shifts = { result: 0, source: 0, other: 0 };

/** A stage by rows: whole, by the least that runs by itself, and its arguments. */
export interface PlannedMember {
  readonly steps: readonly PlannedStep[];
  readonly units: readonly RowUnit[] | null;
  argsOf(step: PlannedStep, shifts: Shifts): readonly Argument[];
}

export interface PlannedChain {
  readonly members: readonly PlannedMember[];
  /** Of each member whose result others read, how many rows of it are in memory. */
  readonly rings: ChainSchedule['rings'];
  readonly turns: readonly Turn[];
  /** Those of the members up to the first layer, by themselves. */
  readonly turnsForSums: readonly Turn[];
}
