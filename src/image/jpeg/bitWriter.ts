import type { ByteSink } from '../byteSink.js';
import type { CodeLists } from './standardTables.js';

const BUFFER_BYTES = 4096;
/** At most so many are written at once: the longest code, or the longest number behind one. */
const MAX_BITS = 16;

/** Codes by symbol, as `bits << 5 | length`; 0 for symbols that have none. */
export type CodeTable = Int32Array;

/** The codes of a table (T.81 C.2). */
export function codeTable({ counts, symbols }: CodeLists): CodeTable {
  const table = new Int32Array(256);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= MAX_BITS; length++, code <<= 1) {
    for (let i = 0; i < counts[length - 1]; i++, code++, index++) {
      table[symbols[index]] = (code << 5) | length;
    }
  }
  return table;
}

/** Writes a file: bytes as they are, and entropy-coded bits, with the zero byte behind each 0xFF (T.81 F.1.2.3). */
export class BitWriter {
  readonly #sink: ByteSink;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #filled = 0;
  /** The last `#count` bits, fewer than eight, are yet to be written. */
  #bits = 0;
  #count = 0;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  bytes(bytes: ArrayLike<number>): void {
    this.flush();
    this.#sink.add(Uint8Array.from(bytes));
  }

  code(table: CodeTable, symbol: number): void {
    const entry = table[symbol];
    this.bits(entry >> 5, entry & 31);
  }

  /** The lowest `length` bits of a number, 16 at most. */
  bits(value: number, length: number): void {
    this.#bits = (this.#bits << length) | value;
    this.#count += length;
    while (this.#count >= 8) {
      this.#count -= 8;
      this.#byte((this.#bits >> this.#count) & 255);
    }
    this.#bits &= (1 << this.#count) - 1;
  }

  /** Fills the last byte up with ones; where there is none, there is one more. */
  fill(): void {
    const length = 8 - this.#count;
    this.bits((1 << length) - 1, length);
  }

  #byte(byte: number): void {
    if (this.#filled + 2 > BUFFER_BYTES) this.flush();
    this.#buffer[this.#filled++] = byte;
    if (byte === 0xff) this.#buffer[this.#filled++] = 0;
  }

  /** Hands on all that was written. */
  flush(): void {
    this.#sink.add(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }
}
