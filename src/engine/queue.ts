import { CycleganError } from '../errors.js';

/** Runs one job at a time, in the order of the calls, and none after it was closed. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @throws CycleganError `ERR_DISPOSED` once closed. */
  run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#closed) {
      return Promise.reject(
        new CycleganError('ERR_DISPOSED', 'This program was disposed of; compile it again.'),
      );
    }
    const result = this.#last.then(job);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Refuses further jobs; `release` runs when those already queued are done. */
  close(release: () => void): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#last.then(release);
  }
}
