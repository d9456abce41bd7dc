import { allBytes, bytesFrom, type RandomBytes } from '../../platform/randomBytes.js';

/** Of a file that does not lie in memory, so much is there at a time. */
const BLOCK_BYTES = 2 ** 18;

/** A file's bytes, of which a block is at hand: all of them where they lie in memory. */
export class JpegBytes {
  readonly length: number;
  block: Uint8Array;
  /** Where in the file the block begins. */
  blockAt = 0;
  readonly #source: Uint8Array | RandomBytes;
  readonly #room: Uint8Array;

  constructor(source: Uint8Array | RandomBytes) {
    this.#source = source;
    this.length = source.length;
    const isHere = source instanceof Uint8Array;
    this.#room = new Uint8Array(isHere ? 0 : BLOCK_BYTES);
    this.block = isHere ? source : this.#room.subarray(0, 0);
  }

  /** Has a byte in the block that there is. */
  need(at: number): void {
    if (at >= this.blockAt && at < this.blockAt + this.block.length) return;
    if (this.#source instanceof Uint8Array) return;
    // In the same memory: thousands of blocks would wait for the garbage collector.
    this.block = this.#room.subarray(0, Math.min(BLOCK_BYTES, this.length - at));
    this.#source.readInto(at, this.block);
    this.blockAt = at;
  }

  /** `undefined` behind the end. */
  byteAt(at: number): number | undefined {
    if (at >= this.length) return undefined;
    this.need(at);
    return this.block[at - this.blockAt];
  }

  /** Where a byte stands for the first time from a place on; -1 where it does not. */
  indexOf(byte: number, from: number): number {
    for (let at = from; at < this.length; at = this.blockAt + this.block.length) {
      this.need(at);
      const found = this.block.indexOf(byte, at - this.blockAt);
      if (found >= 0) return this.blockAt + found;
    }
    return -1;
  }

  slice(start: number, end: number): Uint8Array {
    return bytesFrom(this.#source, start, end);
  }

  /** All of them, in memory. */
  whole(): Uint8Array {
    return allBytes(this.#source);
  }
}
