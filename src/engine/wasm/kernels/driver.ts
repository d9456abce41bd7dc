import { atomic, drop, i32, leave } from '../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../emit/module.js';

/** The words at the start of memory through which the threads agree, as offsets in bytes. */
export const CONTROL = {
  /** Counts up with every run: idle workers wait for a change. */
  run: 0,
  /** Workers that are blocked. */
  idle: 4,
  /** Set to leave out what is not yet begun: after an abort, or the failure of a thread. Threads leave as soon as they see it. */
  stop: 8,
  /** Set to end the workers. */
  quit: 12,
  /** Set when a thread did not come to a barrier. */
  workerFailed: 16,
  /** Set, with `stop`, when a layer got a value beyond what it takes (`range.ts`). */
  beyond: 20,
  /** Set, with `stop`, when the scratch file could not be read or written (`scratchAccess.ts`). */
  scratchFailure: 24,
  /** Counts up when another file takes the scratch file's place: threads open it anew. */
  scratchFile: 28,
  /** Then, for each step, the next item to take and the threads that are through. */
  steps: 64,
} as const;

/** Bytes of a step's two counters, and of its record `{ function, items, args, firstItem }`. */
export const COUNTER_BYTES = 8;
export const RECORD_BYTES = 16;

/** Spins at a barrier before blocking: about 0.1 ms, which is less than it takes to wake a thread up and refill its caches. */
const SPINS = 100_000;
const WAIT_NANOSECONDS = 100_000_000;
/** Waits after which a worker leaves a barrier for good: a minute. */
const MAX_WAITS = 600;
/** Waits after which the calling thread leaves a barrier, to check that all threads are alive: half a second. */
const CALLER_WAITS = 5;

export interface DriverShape {
  /** Threads that wait for each other after each step; with one, there is no barrier. */
  readonly threads: number;
  /** Where the records of the steps begin. */
  readonly records: number;
}

/**
 * `(from, to, scratch, calls)`: one thread's part in the steps `from … to − 1`. Items are taken one by one, so that a
 * thread that was held up does less; what an item computes does not depend on the thread. At
 * the end of a step all threads wait for each other, first spinning, then blocked. The calling thread, whose `calls` is 1, may
 * leave a barrier before the others have come: while it is blocked there, it gets no message that one has died.
 */
export function emitDriver(module: ModuleWriter, shape: DriverShape): FunctionHandle {
  const { threads, records } = shape;
  const key = `run ${threads} ${records}`;
  return module.define(key, ['i32', 'i32', 'i32', 'i32'], (f, from, to, scratch, calls) => {
    const [step, counters, record, item, spins, waits, arrived] = f.locals('i32', 7);
    const stop = atomic.load(i32.const(CONTROL.stop));
    f.for(step, from.value, to.value, 1, () => {
      const offset = i32.mul(step.value, i32.const(COUNTER_BYTES));
      f.emit(counters.set(i32.add(i32.const(CONTROL.steps), offset)));
      const barrier = i32.add(counters.value, i32.const(4));
      // Those who wait for this thread are not to sleep on.
      f.if(stop, () => f.emit(atomic.notifyAll(barrier), drop, leave));
      const place = i32.mul(step.value, i32.const(RECORD_BYTES));
      f.emit(record.set(i32.add(i32.const(records), place)));
      const take = () => f.emit(item.set(atomic.add(counters.value, i32.const(1))));
      const items = i32.load(record.value, 4);
      take();
      f.while(i32.lt(item.value, items), () => {
        f.if(i32.eq(stop, i32.const(0)), () => {
          const args = i32.load(record.value, 8);
          const own = i32.add(item.value, i32.load(record.value, 12));
          f.callTable(i32.load(record.value, 0), own, args, scratch.value);
        });
        take();
      });
      if (threads === 1) return;
      f.emit(arrived.set(i32.add(atomic.add(barrier, i32.const(1)), i32.const(1))));
      f.if(i32.eq(arrived.value, i32.const(threads)), () =>
        f.emit(atomic.notifyAll(barrier), drop),
      );
      f.emit(spins.set(i32.const(0)), waits.set(i32.const(0)));
      f.while(i32.lt(atomic.load(barrier), i32.const(threads)), () => {
        f.emit(spins.set(i32.add(spins.value, i32.const(1))));
        f.if(i32.gt(spins.value, i32.const(SPINS)), () => {
          // Another thread failed, or has left, and will not come to this barrier.
          const isOver = i32.or(atomic.load(i32.const(CONTROL.workerFailed)), stop);
          f.if(isOver, () => f.emit(atomic.notifyAll(barrier), drop, leave));
          f.emit(arrived.set(atomic.load(barrier)));
          f.if(i32.lt(arrived.value, i32.const(threads)), () =>
            f.emit(atomic.wait(barrier, arrived.value, WAIT_NANOSECONDS), drop),
          );
          f.emit(waits.set(i32.add(waits.value, i32.const(1))));
          const isLate = i32.gt(waits.value, i32.const(CALLER_WAITS));
          f.if(i32.and(calls.value, isLate), () => f.emit(leave));
          f.if(i32.gt(waits.value, i32.const(MAX_WAITS)), () => {
            f.emit(atomic.store(i32.const(CONTROL.workerFailed), i32.const(1)));
            f.emit(atomic.store(i32.const(CONTROL.stop), i32.const(1)));
            f.emit(leave);
          });
        });
      });
    });
  });
}
