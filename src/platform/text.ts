import { builtin } from './builtin.js';

/** The web's classes for text; where an environment of tests has none, as jsdom, Node's own. */
function classes(): Pick<typeof globalThis, 'TextDecoder' | 'TextEncoder'> {
  if (typeof TextDecoder === 'function' && typeof TextEncoder === 'function') return globalThis;
  return (builtin('util') ?? globalThis) as Pick<typeof globalThis, 'TextDecoder' | 'TextEncoder'>;
}

/** The bytes of a text in UTF-8. */
export function utf8Bytes(text: string): Uint8Array<ArrayBuffer> {
  return new (classes().TextEncoder)().encode(text);
}

/** A decoder, for who reads many texts. Parameters are those of `TextDecoder`. */
export function newTextDecoder(encoding: string, options: TextDecoderOptions = {}): TextDecoder {
  return new (classes().TextDecoder)(encoding, options);
}

/** The text that bytes are, as `TextDecoder` reads that encoding. */
export function textOf(bytes: Uint8Array, encoding = 'utf-8'): string {
  return newTextDecoder(encoding).decode(bytes);
}
