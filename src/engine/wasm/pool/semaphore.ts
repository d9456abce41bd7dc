import type { AbortSignalLike } from '../../../platform/webTypes.js';
import { Queue } from '../../shared/queue.js';

/**
 * All programs share the threads, and the calling thread takes part in some runs. Threads that wait for it in one run,
 * while it waits for them in another, would wait for ever: so work is done in turns, by one program at a time.
 */
const queue = new Queue();
/** Turns that were asked for and are not over. */
let waiting = 0;
/** Work that was begun early, and threads wait for the calling thread in it. */
let begun: (() => Promise<void>) | null = null;

/** Runs `job` when all work that was asked for before it is over; while it waits, `signal` ends it at once. */
export function inTurn<T>(job: () => Promise<T>, signal?: AbortSignalLike): Promise<T> {
  waiting++;
  return queue
    .run(async () => {
      // Its caller gets the outcome from the same promise.
      await begun?.().catch(() => undefined);
      begun = null;
      return job();
    }, signal)
    .finally(() => {
      waiting--;
    });
}

/**
 * Begins work at once, if no other is under way, and has the next turn, of whatever caller, wait for its end.
 * @param begin Gives what takes part in it, and waits for the threads.
 * @returns What takes part in it, if that was not done yet, and tells how it went.
 */
export function beginTurn(begin: () => () => Promise<void>): () => Promise<void> {
  if (waiting > 0 || begun !== null) {
    let all: Promise<void> | null = null;
    return () => (all ??= inTurn(() => begin()()));
  }
  const finish = begin();
  let end: Promise<void> | null = null;
  const once = () => (end ??= finish());
  begun = once;
  return () => inTurn(once);
}
