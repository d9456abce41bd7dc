import { Zlib, zlibSync } from 'fflate';

/** Higher ones take twice as long for a few hundredths less. */
const LEVEL = 4;
/** Bytes that are packed together; those of a stream that are fewer are packed as `deflate` does. */
const PIECE_BYTES = 2 ** 17;
/** As the packer takes by itself for as many bytes at once. */
const MEMORY = 8;

/** A zlib stream, the same on every machine, in Node as in a browser: builds of zlib itself find other matches. */
export function deflate(bytes: Uint8Array): Uint8Array {
  return zlibSync(bytes, { level: LEVEL });
}

/** The same of bytes that come piece by piece; where they are cut does not matter. */
export class Deflater {
  readonly #put: (packed: Uint8Array) => void;
  readonly #piece = new Uint8Array(PIECE_BYTES);
  #filled = 0;
  #stream: Zlib | null = null;

  /** @param put Takes the stream. */
  constructor(put: (packed: Uint8Array) => void) {
    this.#put = put;
  }

  add(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      if (this.#filled === PIECE_BYTES) this.#push(false);
      const part = bytes.subarray(from, from + PIECE_BYTES - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
    }
  }

  end(): void {
    if (this.#stream === null) this.#put(deflate(this.#piece.subarray(0, this.#filled)));
    else this.#push(true);
  }

  #push(isLast: boolean): void {
    this.#stream ??= new Zlib({ level: LEVEL, mem: MEMORY }, this.#put);
    this.#stream.push(this.#piece.subarray(0, this.#filled), isLast);
    this.#filled = 0;
  }
}
