import { concatenate } from './concatenate.js';

/** Pieces may be of a byte each: they are gathered in blocks, so that many take no more memory than few. */
const BLOCK_BYTES = 2 ** 18;

/** The first one begins with so many, and is doubled: most of what is gathered is small, and a service gathers many at a time. */
const FIRST_BYTES = 2 ** 12;

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
      const block = this.#blockFor(rest.length);
      const part = rest.subarray(0, block.length - this.#filled);
      block.set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
    }
  }

  /** The last block, with room for so many bytes more, or for as many as a block may have. */
  #blockFor(more: number): Uint8Array {
    if (this.#filled === BLOCK_BYTES) {
      this.#blocks.push(new Uint8Array(this.#blocks.length === 0 ? FIRST_BYTES : BLOCK_BYTES));
      this.#filled = 0;
    }
    const last = this.#blocks.length - 1;
    const block = this.#blocks[last];
    const wanted = Math.min(BLOCK_BYTES, this.#filled + more);
    if (wanted <= block.length) return block;
    const larger = new Uint8Array(Math.min(BLOCK_BYTES, Math.max(wanted, 2 * block.length)));
    larger.set(block.subarray(0, this.#filled));
    this.#blocks[last] = larger;
    return larger;
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
