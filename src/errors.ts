import type { ErrorCode } from './errorCodes.js';

/**
 * The base of every error that a user's input can cause. `code` is stable and meant for programs
 * (`docs/errors.md` has them all), `message` is meant for people: what was wrong, where, and what to do.
 *
 * ```ts
 * const code = await openImage('no.png').catch((error: CycleganError) => error.code);
 * code; // 'ERR_FILE_NOT_FOUND'
 * ```
 */
export class CycleganError extends Error {
  /** Written out in each class, for minifiers rename classes. */
  override readonly name: string = 'CycleganError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Shapes, sizes or options that do not fit together. */
export class ShapeError extends CycleganError {
  override readonly name = 'ShapeError';

  constructor(message: string, code: ErrorCode = 'ERR_SHAPE') {
    super(code, message);
  }
}

/** The work was stopped by a signal that gives no `reason` of its own; otherwise, that is thrown, as `fetch` does. */
export class AbortError extends CycleganError {
  override readonly name = 'AbortError';

  constructor(message = 'The operation was aborted.') {
    super('ERR_ABORTED', message);
  }
}
