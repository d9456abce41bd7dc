import { CycleganError } from '../../errors.js';
import { abortionOf, throwIfAborted } from '../../platform/abortion.js';
import type { AbortSignalLike } from '../../platform/webTypes.js';

/** Runs one job at a time, in the order of the calls, and none after it was closed. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /**
   * @param signal A job that still waits when it fires is over at once, and never begins.
   * @throws CycleganError `ERR_DISPOSED` once closed; the reason of a signal that fired.
   */
  run<T>(job: () => Promise<T>, signal?: AbortSignalLike): Promise<T> {
    if (this.#closed) {
      return Promise.reject(
        new CycleganError('ERR_DISPOSED', 'This program was disposed of; compile it again.'),
      );
    }
    const abortion = abortionOf(signal);
    const result = this.#last.then(() => {
      abortion.end();
      throwIfAborted(signal);
      return job();
    });
    this.#last = result.catch(() => undefined);
    return signal === undefined ? result : Promise.race([result, abortion.happens]);
  }

  /** Refuses further jobs; `release` runs when those already queued are done. */
  close(release: () => void): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#last.then(release);
  }
}
