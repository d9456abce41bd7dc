import { builtin } from './builtin.js';
import { later } from './pause.js';

/** Bytes that V8 takes as a reason to begin, whatever there is besides. */
export const REASON_BYTES = 2 ** 27;

/**
 * Has V8 begin to collect garbage, bit by bit and while the program goes on, as it does of itself where memory outside its
 * heap grows. Machine code and shared memory lie outside as well, but count for nearly nothing. No page of
 * this array is ever touched, so it takes no memory. Only in Node: elsewhere, it might.
 */
export function suggestCollection(): void {
  if (builtin('v8') === null) return;
  // What the caller still has in its hands would not count as garbage.
  later(0, () => {
    try {
      new ArrayBuffer(REASON_BYTES);
    } catch {
      // Where so much cannot be had, V8 has its reason.
    }
  });
}

/**
 * Collects all garbage at once, and gives its pages back: some hundredths of a second. Only where the caller owns the process, for V8 is
 * told to have a function for it; what cannot be had is done without.
 */
export function collectNow(): void {
  try {
    builtin('v8')?.setFlagsFromString('--expose-gc');
    const collect = builtin('vm')?.runInNewContext('gc');
    // That of V8 11 takes no options, and later ones give pages back if asked for the utmost alone.
    collect();
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  } catch {
    // Such a context must not be made here, or has no such function: garbage stays until V8 collects it.
  }
}
