import { atomic, drop, i32, leave } from '../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../emit/module.js';

/** The words at the start of memory through which the threads agree, as offsets in bytes. */
export const CONTROL = {
  /** Counts up with every run: sleeping workers wait for a change. */
  run: 0,
  /** Workers that are asleep. */
  idle: 4,
  /** Set to leave out what is not yet begun: after an abort, or the failure of a thread. */
  stop: 8,
  /** Set to end the workers. */
  quit: 12,
  /** Set when a thread did not come to a barrier. */
  lost: 16,
  /** Set, with `stop`, when a layer got a value beyond what it takes (`range.ts`). */
  beyond: 20,
  /** Then, for each step, the next item to take and the threads that are through. */
  steps: 64,
} as const;

/** Bytes of a step's two counters, and of its record `{ function, items, args }`. */
export const COUNTER_BYTES = 8;
export const RECORD_BYTES = 16;

/** Turns of looking at a barrier before sleeping at it: about 0.1 ms, which is less than it takes to wake a thread up and lose its caches. */
const SPINS = 100_000;
const NAP_NANOSECONDS = 100_000_000;
/** Naps after which a worker gives up the threads that it waits for: a minute. */
const MAX_NAPS = 600;
/** Naps after which the calling thread leaves a barrier, to look whether all threads still live: half a second. */
const CALLER_NAPS = 5;

export interface DriverShape {
  /** Threads that wait for each other after each step; with one, nobody waits. */
  readonly threads: number;
  /** Where the records of the steps begin. */
  readonly records: number;
}

/**
 * `(from, to, scratch, calls)`: one thread's part in the steps `from … to − 1`. Items are taken one by one, so that a
 * thread that was held up does less; what an item computes does not depend on who takes it. At
 * the end of a step all threads wait for each other, first looking, then asleep. The calling thread, whose `calls` is 1, may
 * leave a barrier before the others have come: while it sleeps there, it cannot hear that one has died.
 */
export function emitDriver(module: ModuleWriter, shape: DriverShape): FunctionHandle {
  const { threads, records } = shape;
  const key = `run ${threads} ${records}`;
  return module.define(key, ['i32', 'i32', 'i32', 'i32'], (f, from, to, scratch, calls) => {
    const [step, counters, record, item, spins, naps, arrived] = f.locals('i32', 7);
    const stop = atomic.load(i32.const(CONTROL.stop));
    f.for(step, from.value, to.value, 1, () => {
      const offset = i32.mul(step.value, i32.const(COUNTER_BYTES));
      f.emit(counters.set(i32.add(i32.const(CONTROL.steps), offset)));
      const place = i32.mul(step.value, i32.const(RECORD_BYTES));
      f.emit(record.set(i32.add(i32.const(records), place)));
      const take = () => f.emit(item.set(atomic.add(counters.value, i32.const(1))));
      const items = i32.load(record.value, 4);
      take();
      f.while(i32.lt(item.value, items), () => {
        f.if(i32.eq(stop, i32.const(0)), () => {
          const args = i32.load(record.value, 8);
          f.callTable(i32.load(record.value, 0), item.value, args, scratch.value);
        });
        take();
      });
      if (threads === 1) return;
      const barrier = i32.add(counters.value, i32.const(4));
      f.emit(arrived.set(i32.add(atomic.add(barrier, i32.const(1)), i32.const(1))));
      f.if(i32.eq(arrived.value, i32.const(threads)), () =>
        f.emit(atomic.notifyAll(barrier), drop),
      );
      f.emit(spins.set(i32.const(0)), naps.set(i32.const(0)));
      f.while(i32.lt(atomic.load(barrier), i32.const(threads)), () => {
        f.emit(spins.set(i32.add(spins.value, i32.const(1))));
        f.if(i32.gt(spins.value, i32.const(SPINS)), () => {
          f.emit(arrived.set(atomic.load(barrier)));
          f.if(i32.lt(arrived.value, i32.const(threads)), () =>
            f.emit(atomic.wait(barrier, arrived.value, NAP_NANOSECONDS), drop),
          );
          // Somebody else failed and will not come: so do not wait for him.
          f.if(atomic.load(i32.const(CONTROL.lost)), () => f.emit(leave));
          f.emit(naps.set(i32.add(naps.value, i32.const(1))));
          const isLate = i32.gt(naps.value, i32.const(CALLER_NAPS));
          f.if(i32.and(calls.value, isLate), () => f.emit(leave));
          f.if(i32.gt(naps.value, i32.const(MAX_NAPS)), () => {
            f.emit(atomic.store(i32.const(CONTROL.lost), i32.const(1)));
            f.emit(atomic.store(i32.const(CONTROL.stop), i32.const(1)));
            f.emit(leave);
          });
        });
      });
    });
  });
}
