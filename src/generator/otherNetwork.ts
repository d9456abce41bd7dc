import type { KeyPatterns } from './keyPatterns.js';

/** A network whose files people have, and that is of no family that can be run. */
export interface OtherNetwork {
  readonly name: string;
  /** What it asks for that is not here, or what to do. */
  readonly advice: string;
  matches(keys: KeyPatterns): boolean;
}

/** Of networks that lack nothing but a family of theirs. */
export const RUNS = 'networks of this kind cannot be run';
