import { builtin } from './builtin.js';

/**
 * Lets the event loop take a turn: timers, input and output, painting. A promise alone would not do, since its continuation
 * runs before the loop moves on; a timer would not, where a test has replaced the timers by its own.
 */
export function pause(): Promise<void> {
  return (turns ??= newTurns())();
}

/** A function for long work to call now and then, which lets the event loop take a turn when the last was so long ago. */
export function pauseEvery(milliseconds: number): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < milliseconds) return;
    await pause();
    last = performance.now();
  };
}

/** Whether this thread paints a page, which then stands still while it is at work. Tests may have a `document` in Node. */
export function isPageThread(): boolean {
  return (globalThis as { document?: unknown }).document !== undefined && builtin('fs') === null;
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

let turns: (() => Promise<void>) | null = null;

/** One end of a channel; what keeps a process alive is Node's alone. */
interface Port {
  onmessage: (() => void) | null;
  postMessage(message: null): void;
  ref?(): void;
  unref?(): void;
}

/** Turns are messages to oneself; an environment of tests may have no class for them, but Node's own modules have. */
function newTurns(): () => Promise<void> {
  const Channel = builtin('worker_threads')?.MessageChannel ?? globalThis.MessageChannel;
  if (Channel === undefined) return () => new Promise((resolve) => setTimeout(resolve, 0));
  const { port1, port2 } = new Channel() as unknown as { port1: Port; port2: Port };
  const waiting: (() => void)[] = [];
  port1.onmessage = () => {
    waiting.shift()?.();
    // A caller that waits for a turn keeps the process alive, and nothing else of this does.
    if (waiting.length === 0) port1.unref?.();
  };
  port1.unref?.();
  return () =>
    new Promise((resolve) => {
      port1.ref?.();
      waiting.push(resolve);
      port2.postMessage(null);
    });
}
