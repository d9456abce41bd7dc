import { zlibSync } from 'fflate';
import { builtin } from './builtin.js';

/** A zlib stream, from Node's own zlib where there is one. */
export function deflate(bytes: Uint8Array): Uint8Array {
  return builtin('zlib')?.deflateSync(bytes) ?? zlibSync(bytes);
}
