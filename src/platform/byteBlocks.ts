import { concatenate } from './concatenate.js';

/** Pieces may be of a byte each: they are gathered in blocks, so that many take no more memory than few. */
const BLOCK_BYTES = 2 ** 18;

/** Bytes that come piece by piece, and whose number is not known before they are there. */
export class ByteBlocks {
  length = 0;
  readonly #blocks: Uint8Array[] = [];
  /** Bytes of the last block that are filled. */
  #filled = BLOCK_BYTES;

  add(bytes: Uint8Array): void {
    this.length += bytes.length;
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#filled === BLOCK_BYTES) {
        this.#blocks.push(new Uint8Array(BLOCK_BYTES));
        this.#filled = 0;
      }
      const part = rest.subarray(0, BLOCK_BYTES - this.#filled);
      this.#blocks[this.#blocks.length - 1].set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
    }
  }

  /** Others in place of bytes that were added before. */
  replace(at: number, bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const inside = (at + from) % BLOCK_BYTES;
      const part = bytes.subarray(from, from + BLOCK_BYTES - inside);
      this.#blocks[Math.floor((at + from) / BLOCK_BYTES)].set(part, inside);
      from += part.length;
    }
  }

  /** All of them, once; then there are none. */
  joined(): Uint8Array<ArrayBuffer> {
    const last = this.#blocks.pop()?.subarray(0, this.#filled);
    const whole = concatenate(last === undefined ? [] : [...this.#blocks, last]);
    this.#blocks.length = 0;
    this.#filled = BLOCK_BYTES;
    this.length = 0;
    return whole;
  }
}
