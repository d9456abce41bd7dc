import { ByteBlocks } from '../../platform/byteBlocks.js';
import { concatenate } from '../../platform/concatenate.js';
import { ImageError } from '../picture.js';

/** A stream, read piece by piece: what is taken gathers until somebody asks for all of it. */
export class StreamCursor {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #maxBytes: number;
  readonly #taken = new ByteBlocks();
  /** What has come and is not taken. */
  #rest: Uint8Array = new Uint8Array(0);

  /** @param maxBytes More are not taken for one picture. */
  constructor(stream: AsyncIterable<Uint8Array>, maxBytes: number) {
    this.#pieces = stream[Symbol.asyncIterator]();
    this.#maxBytes = maxBytes;
  }

  /** What has come, at least so many bytes, which stay; fewer where the stream ends before. */
  async peekAll(count: number): Promise<Uint8Array> {
    while (this.#rest.length < count) {
      const piece = await this.#next();
      if (piece === null) break;
      this.#rest = this.#rest.length === 0 ? piece : concatenate([this.#rest, piece]);
    }
    return this.#rest;
  }

  /** The next bytes, which stay; fewer where the stream ends before. */
  async peek(count: number): Promise<Uint8Array> {
    return (await this.peekAll(count)).subarray(0, count);
  }

  /** @throws ImageError `ERR_FRAME` where the stream ends before so many. */
  async take(count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      const part = (await this.#someBytes()).subarray(0, left);
      this.#add(part);
      left -= part.length;
    }
  }

  /** Takes all up to a byte of that value, and that byte. @throws ImageError `ERR_FRAME` where none comes. */
  async takePast(byte: number): Promise<void> {
    for (;;) {
      const bytes = await this.#someBytes();
      const at = bytes.indexOf(byte);
      this.#add(at === -1 ? bytes : bytes.subarray(0, at + 1));
      if (at !== -1) return;
    }
  }

  /** Takes one byte, and tells which. */
  async takeByte(): Promise<number> {
    const [byte] = await this.#someBytes();
    this.#add(this.#rest.subarray(0, 1));
    return byte;
  }

  /** All bytes that were taken since the last time. */
  gather(): Uint8Array<ArrayBuffer> {
    return this.#taken.joined();
  }

  /** Lets the stream go, without waiting: it may be waiting itself for what never comes. */
  end(): void {
    Promise.resolve(this.#pieces.return?.()).catch(() => undefined);
  }

  #add(bytes: Uint8Array): void {
    if (this.#taken.length + bytes.length > this.#maxBytes) {
      throw new ImageError(
        'ERR_FRAME',
        `this picture is too long: at most ${this.#maxBytes} bytes are taken.`,
      );
    }
    this.#taken.add(bytes);
    this.#rest = this.#rest.subarray(bytes.length);
  }

  /** What is there, at least a byte. */
  async #someBytes(): Promise<Uint8Array> {
    const bytes = await this.peekAll(1);
    if (bytes.length > 0) return bytes;
    throw new ImageError(
      'ERR_FRAME',
      `the stream ends within this picture, after ${this.#taken.length} bytes of it.`,
    );
  }

  /** The next piece that has bytes; `null` at the end. */
  async #next(): Promise<Uint8Array | null> {
    for (;;) {
      const { done, value } = await this.#pieces.next();
      if (done === true) return null;
      if (value.length > 0) return value;
    }
  }
}
