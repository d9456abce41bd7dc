import { abortReason } from '../platform/abortion.js';
import type { AbortSignalLike } from '../platform/webTypes.js';
import { ServiceError } from './serviceError.js';

interface AdmissionOptions {
  /** Requests that are worked on at once. */
  readonly concurrency: number;
  /** Requests that may wait for that. */
  readonly queue: number;
}

/** A request that was let in. */
export interface Place {
  /** Comes when it is the request's turn to be worked on. @throws The signal's reason after it fired. */
  turn(signal: AbortSignalLike): Promise<void>;
  /** When it is done, however that went. */
  leave(): void;
}

/** Longest that callers are told to wait, in seconds. */
const MAX_RETRY_AFTER = 60;
/** How much the last request counts in the mean time of service. */
const SHARE_OF_LAST = 0.2;

/**
 * Lets in as many requests as are worked on and may wait, first come, first served. Whoever comes then is turned away at once,
 * which costs nothing: nothing of its body has been read.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #waiting: (() => void)[] = [];
  #accepted = 0;
  #running = 0;
  #isDraining = false;
  #onEmpty: (() => void)[] = [];
  /** Mean time that a request is worked on, in seconds. */
  #service = 1;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Requests that were let in and are not worked on: their bodies come, or they wait. */
  get waiting(): number {
    return this.#accepted - this.#running;
  }

  get running(): number {
    return this.#running;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** @throws ServiceError 429 when as many are in as may be, 503 when no more are let in. */
  enter(): Place {
    if (this.#isDraining) {
      throw new ServiceError(503, 'ERR_BUSY', 'The service is about to end.', {
        'Retry-After': '1',
        Connection: 'close',
      });
    }
    const { concurrency, queue } = this.#options;
    if (this.#accepted >= concurrency + queue) {
      const seconds = Math.ceil((this.#service * (this.waiting + 1)) / concurrency);
      throw new ServiceError(429, 'ERR_BUSY', 'As many requests wait as may.', {
        'Retry-After': String(Math.min(MAX_RETRY_AFTER, Math.max(1, seconds))),
      });
    }
    this.#accepted++;
    return this.#place();
  }

  /** Lets no more in. @returns When the last one that is in has left. */
  drain(): Promise<void> {
    this.#isDraining = true;
    if (this.#accepted === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  #place(): Place {
    let began: number | null = null;
    let isIn = true;
    return {
      turn: async (signal) => {
        await this.#turn(signal);
        began = performance.now();
      },
      leave: () => {
        if (!isIn) return;
        isIn = false;
        this.#accepted--;
        if (began !== null) this.#done((performance.now() - began) / 1000);
        if (this.#accepted === 0) for (const resolve of this.#onEmpty.splice(0)) resolve();
      },
    };
  }

  #turn(signal: AbortSignalLike): Promise<void> {
    if (signal.aborted) return Promise.reject(abortReason(signal));
    if (this.#running < this.#options.concurrency) {
      this.#running++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1);
        reject(abortReason(signal));
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(begin);
    });
  }

  #done(seconds: number): void {
    this.#service += SHARE_OF_LAST * (seconds - this.#service);
    const next = this.#waiting.shift();
    // The place at work passes from the one to the other.
    if (next === undefined) this.#running--;
    else next();
  }
}
