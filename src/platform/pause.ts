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
