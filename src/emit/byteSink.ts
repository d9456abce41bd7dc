import type { Code } from './code.js';

/** Bytes written one after the other. */
export class ByteSink {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** All leaves of a tree, in their order. */
  write(code: Code): this {
    for (let i = 0; i < code.length; i++) {
      const part = code[i];
      if (typeof part !== 'number') this.write(part);
      else this.#push(part);
    }
    return this;
  }

  append(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** What has been written; valid until more is. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #push(byte: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
