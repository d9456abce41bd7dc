import { zlibSync } from 'fflate';

/** Higher ones take twice as long for a few hundredths less. */
const LEVEL = 4;

/** A zlib stream, the same on every machine, in Node as in a browser: builds of zlib itself find other matches. */
export function deflate(bytes: Uint8Array): Uint8Array {
  return zlibSync(bytes, { level: LEVEL });
}
