import type { Buffer } from '../shared/arena.js';

/** A program's memory, for those who write records and weights into it: views of parts, by address. */
export interface WritableMemory {
  floats(address: number, length: number): Float32Array;
  integers(address: number, length: number): Int32Array;
  view(address: number, bytes: number): DataView;
}

/** Where a buffer that has its place lies. */
export function floatsAt(memory: WritableMemory, { address, bytes }: Buffer): Float32Array {
  return memory.floats(address, bytes / 4);
}

/** Memory that this thread can reach. */
export class ReachableMemory implements WritableMemory {
  readonly #buffer: ArrayBufferLike;
  readonly #start: number;

  /** @param start The address of the first byte. */
  constructor(buffer: ArrayBufferLike, start = 0) {
    this.#buffer = buffer;
    this.#start = start;
  }

  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.#buffer, address - this.#start, length);
  }

  integers(address: number, length: number): Int32Array {
    return new Int32Array(this.#buffer, address - this.#start, length);
  }

  view(address: number, bytes: number): DataView {
    return new DataView(this.#buffer, address - this.#start, bytes);
  }
}

/** Bytes for a part of a memory. */
export interface MemoryWrite {
  readonly address: number;
  readonly buffer: ArrayBuffer;
}

/** Memory that another thread has: each part that is asked for begins as zeros, and is sent there as a whole. */
export class DistantMemory implements WritableMemory {
  readonly #onWaiting: (bytes: number) => void;
  #writes: MemoryWrite[] = [];
  #waiting = 0;

  /** @param onWaiting Is told how many bytes wait to be sent, before another part is handed out. */
  constructor(onWaiting: (bytes: number) => void) {
    this.#onWaiting = onWaiting;
  }

  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.#part(address, length * 4));
  }

  integers(address: number, length: number): Int32Array {
    return new Int32Array(this.#part(address, length * 4));
  }

  view(address: number, bytes: number): DataView {
    return new DataView(this.#part(address, bytes));
  }

  /** What was asked for since the last time, in that order. */
  takeWrites(): MemoryWrite[] {
    const writes = this.#writes;
    this.#writes = [];
    this.#waiting = 0;
    return writes;
  }

  #part(address: number, bytes: number): ArrayBuffer {
    this.#onWaiting(this.#waiting);
    const buffer = new ArrayBuffer(bytes);
    this.#waiting += bytes;
    this.#writes.push({ address, buffer });
    return buffer;
  }
}
