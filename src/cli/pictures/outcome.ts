import { CycleganError } from '../../errors.js';
import type { OutputNote } from '../../translate/outputNote.js';
import type { Job } from './outputs.js';
import type { Opened, Saved } from './pictureWork.js';

/** A picture that was translated. */
export interface Translated {
  readonly job: Job;
  readonly opened: Opened;
  readonly saved: Saved;
  /** What hints at a wrong picture. */
  readonly outputNotes: readonly OutputNote[];
  /** Of the network. */
  readonly milliseconds: number;
}

/** A picture that could not be translated. */
export interface Failed {
  readonly job: Job;
  readonly error: CycleganError;
}

export type Outcome = Translated | Failed;

/** What a user can cause is reported; anything else is a mistake here, and ends the run. */
export function reportable(error: unknown): CycleganError {
  if (error instanceof CycleganError) return error;
  throw error;
}
