import { guardWriting, removeUnfinished } from '../platform/files.js';

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Files that are being written. */
let writing = 0;

/**
 * From now on, a signal that ends the process while a file is written leaves nothing of that file. Only then are signals
 * listened for: at other times the process may be at work without looking, and has to end all the same.
 */
export function cleanUpOnSignals(): void {
  guardWriting(() => {
    if (writing++ === 0) for (const signal of SIGNALS) process.on(signal, endBy);
    return () => {
      if (--writing === 0) for (const signal of SIGNALS) process.off(signal, endBy);
    };
  });
}

function endBy(signal: NodeJS.Signals): void {
  // Who else listens completes what is being written.
  if (process.listenerCount(signal) > 1) return;
  removeUnfinished();
  process.off(signal, endBy);
  process.kill(process.pid, signal);
}
