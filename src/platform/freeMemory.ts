import { builtin } from './builtin.js';

/** Bytes of memory that this process can still have, its container's limit included; `null` where that is not told. */
export function freeMemory(): number | null {
  const os = builtin('os');
  if (os === null) return null;
  try {
    // Node 20.13 and later.
    return globalThis.process.availableMemory?.() ?? os.freemem();
  } catch {
    return null;
  }
}
