import type { ErrorCode } from '../errorCodes.js';
import { CycleganError } from '../errors.js';
import type { BullModule } from './bullmq.js';

/** What is wrong with a machine, a network or a store, and may be right the next time. */
const MAY_PASS: readonly ErrorCode[] = [
  'ERR_FILE',
  'ERR_FILE_NOT_FOUND',
  'ERR_FILE_BUSY',
  'ERR_IS_DIRECTORY',
  'ERR_STORE',
  'ERR_MACHINE',
  'ERR_TOO_LARGE',
];

/** Why a job failed, as people and programs read it. */
export interface Failure {
  /** `null` where it was no error of a user. */
  readonly code: string | null;
  readonly message: string;
}

/**
 * What BullMQ is given to fail a job with: it tries again, but not what a picture, its weights or its settings are to blame for. What is
 * no error of a user may be one of this machine, such as too little memory.
 */
export function failureFor(error: unknown, Unrecoverable: BullModule['UnrecoverableError']): Error {
  if (!(error instanceof CycleganError)) {
    return error instanceof Error ? error : new Error(String(error));
  }
  const text = `${error.code}: ${error.message}`;
  return MAY_PASS.includes(error.code) ? new Error(text) : new Unrecoverable(text);
}

/** The way back. */
export function readFailure(reason: string): Failure {
  const [, code, message] = /^(ERR_[A-Z0-9_]+): (.*)$/s.exec(reason) ?? [];
  return code === undefined ? { code: null, message: reason } : { code, message };
}
