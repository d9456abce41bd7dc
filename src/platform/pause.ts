/**
 * Lets the event loop take a turn: timers, input and output, painting. A promise alone would not
 * do, since its continuation runs before the loop moves on.
 */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

/** Does something after a while, unless the process has ended by then. */
export function later(milliseconds: number, action: () => void): void {
  const timer: unknown = setTimeout(action, milliseconds);
  (timer as { unref?: () => void }).unref?.();
}

/** Whether this thread may sleep until another one wakes it. The main thread of a page may not. */
export function canBlock(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}
