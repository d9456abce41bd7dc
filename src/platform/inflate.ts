import { builtin } from './builtin.js';
import { type PrefixCode, prefixCode } from './prefixCode.js';
import { bytesFrom, type RandomBytes } from './randomBytes.js';

/**
 * How a stream came to its end:
 * - `whole`: after its last block, and with the right checksum where it has one;
 * - `excess`: as many bytes as were asked for are there, and more would come;
 * - `unchecked`: after its last block, but the data end before or within the checksum;
 * - `unfinished`: the data end before the last block does;
 * - `checksum`: after its last block, with a wrong checksum;
 * - `damaged`: it is no such stream from there on.
 */
export type StreamEnd = 'whole' | 'excess' | 'unchecked' | 'unfinished' | 'checksum' | 'damaged';

export interface Inflated {
  readonly bytes: Uint8Array;
  readonly end: StreamEnd;
  /** How many bytes of the data were read when the last of `bytes` was made. */
  readonly read: number;
  /** How many bytes of the data the stream has, as far as it was read. */
  readonly length: number;
}

/** The same of bytes that went elsewhere piece by piece. */
export interface InflatedPieces extends Omit<Inflated, 'bytes'> {
  /** How many bytes there were. */
  readonly count: number;
}

const HEADER_BYTES = 2;
const CHECKSUM_BYTES = 4;

/**
 * Inflates a zlib stream (RFC 1950) to `size` bytes at most, and reads no further than it needs to tell whether there
 * would be more. It does not throw: `end` tells.
 *
 * @param size Memory for so many bytes is taken at once; the caller answers for it.
 */
export function inflateZlib(data: Uint8Array, size: number): Inflated {
  // Node's own is faster, but tells little of a stream with faults. That is then read once more.
  return inflateNatively(data, size) ?? inflateZlibInTables(data, size);
}

/** `null` unless the stream is `whole` and has all the bytes. */
function inflateNatively(data: Uint8Array, size: number): Inflated | null {
  const zlib = builtin('zlib');
  if (zlib === null || size === 0) return null;
  try {
    const options = { chunkSize: inOnePiece(size), maxOutputLength: size, info: true };
    const told: unknown = zlib.inflateSync(data, options);
    const { buffer, engine } = told as { buffer: Buffer; engine: { bytesWritten: number } };
    if (buffer.length !== size) return null;
    const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, size);
    const length = engine.bytesWritten;
    return { bytes, end: 'whole', read: length - CHECKSUM_BYTES, length };
  } catch {
    return null;
  }
}

/** Of which no more is kept than there are bytes, and which is not full before the stream's end is seen. */
function inOnePiece(size: number): number {
  return Math.max(64, size + 1);
}

export function inflateZlibInTables(data: Uint8Array, size: number): Inflated {
  let bytes: Uint8Array = new Uint8Array(0);
  const { count: _, ...told } = inflateZlibPieces(
    data,
    size,
    (all) => {
      bytes = all;
    },
    size,
  );
  return { bytes, ...told };
}

/**
 * As `inflateZlib`, with memory for a piece of the bytes, and one of the data where those lie elsewhere.
 * @param put Takes the next bytes, which are its own until it returns.
 */
export function inflateZlibPieces(
  data: Uint8Array | RandomBytes,
  size: number,
  put: (bytes: Uint8Array) => void,
  windowBytes = WINDOW_BYTES,
): InflatedPieces {
  const nothing = { count: 0, read: 0, length: 0 };
  if (data.length < HEADER_BYTES) return { ...nothing, end: 'unfinished' };
  const [method, flags] = bytesFrom(data, 0, HEADER_BYTES);
  // Deflate, with a window of 32 KiB at most, and without a preset dictionary.
  const known = (method & 15) === 8 && method >> 4 <= 7 && (flags & 0x20) === 0;
  if (!known || ((method << 8) | flags) % 31 !== 0) return { ...nothing, end: 'damaged' };
  const sum = new Adler32();
  const window = Math.min(size, windowBytes);
  const inflated = new Inflater(data, HEADER_BYTES, size, window, (bytes) => {
    sum.add(bytes);
    put(bytes);
  }).run();
  if (inflated.end !== 'whole') return inflated;
  const at = inflated.length;
  if (at + CHECKSUM_BYTES > data.length) return { ...inflated, end: 'unchecked' };
  const stated = bytesFrom(data, at, at + CHECKSUM_BYTES);
  const found = new DataView(stated.buffer, stated.byteOffset).getUint32(0);
  return {
    ...inflated,
    end: found === sum.value ? 'whole' : 'checksum',
    length: at + CHECKSUM_BYTES,
  };
}

/** As `inflateZlib`, for deflate by itself (RFC 1951), as zip archives have it. There is no checksum. */
export function inflateRaw(data: Uint8Array, size: number): Inflated {
  return inflateRawNatively(data, size) ?? inflateRawInTables(data, size);
}

function inflateRawNatively(data: Uint8Array, size: number): Inflated | null {
  const zlib = builtin('zlib');
  if (zlib === null || size === 0) return null;
  try {
    const options = { chunkSize: inOnePiece(size), maxOutputLength: size, info: true };
    const told: unknown = zlib.inflateRawSync(data, options);
    const { buffer, engine } = told as { buffer: Buffer; engine: { bytesWritten: number } };
    if (buffer.length !== size) return null;
    const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, size);
    return { bytes, end: 'whole', read: engine.bytesWritten, length: engine.bytesWritten };
  } catch {
    return null;
  }
}

export function inflateRawInTables(data: Uint8Array, size: number): Inflated {
  let bytes: Uint8Array = new Uint8Array(0);
  const inflater = new Inflater(data, 0, size, size, (all) => {
    bytes = all;
  });
  const { count: _, ...told } = inflater.run();
  return { bytes, ...told };
}

/** @see RFC 1950, section 8.2 */
class Adler32 {
  #a = 1;
  #b = 0;

  add(bytes: Uint8Array): void {
    let [a, b] = [this.#a, this.#b];
    for (let at = 0; at < bytes.length; ) {
      // So many sums stay within 31 bits.
      for (const stop = Math.min(at + 3800, bytes.length); at < stop; at++) {
        a += bytes[at];
        b += a;
      }
      a %= 65521;
      b %= 65521;
    }
    this.#a = a;
    this.#b = b;
  }

  get value(): number {
    return ((this.#b << 16) | this.#a) >>> 0;
  }
}

const END_OF_BLOCK = 256;
const LONGEST_COPY = 258;
/** Copies are from no further up. */
const LOOKBACK_BYTES = 32_768;
/** What is made before it is handed on, with what copies look back at. */
const WINDOW_BYTES = 4 * LOOKBACK_BYTES;
/** Of data that lie elsewhere, so many are there at a time. */
const INPUT_BYTES = 65_536;
/** More than a block's own codes, or some symbols, take. */
const LEAST_INPUT = 2048;

/** What a block tells the lengths of its code lengths' codes in (RFC 1951, 3.2.7). */
const LENGTHS_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Codes that the fixed code has, and that mean nothing, have no base. */
const LENGTH_CODES = 29;
const LENGTHS = steps(3, 4, LENGTH_CODES - 1);
LENGTHS.bases[28] = 258;
LENGTHS.bits[28] = 0;
const DISTANCES = steps(1, 2, 30);

/** Base values of RFC 1951, 3.2.5: the number of further bits grows by one every `every` codes. */
function steps(
  first: number,
  every: number,
  count: number,
): { bases: Uint16Array; bits: Uint8Array } {
  const bases = new Uint16Array(32);
  const bits = new Uint8Array(32);
  for (let code = 0, base = first; code < count; code++) {
    bases[code] = base;
    bits[code] = Math.max(0, Math.floor(code / every) - 1);
    base += 1 << bits[code];
  }
  return { bases, bits };
}

const FIXED_LITERALS = knownCode([144, 8], [112, 9], [24, 7], [8, 8]);
const FIXED_DISTANCES = knownCode([32, 5]);

function knownCode(...runs: [count: number, length: number][]): PrefixCode {
  const lengths = runs.flatMap(([count, length]) => new Array<number>(count).fill(length));
  return prefixCode(Uint8Array.from(lengths)) as PrefixCode;
}

/** Why a stream is read no further. */
type Stop = 'excess' | 'unfinished' | 'damaged';

class Inflater {
  readonly #source: Uint8Array | RandomBytes;
  /** A part of the data, from `#from` on: all of them where they lie in memory. */
  #data: Uint8Array;
  #from = 0;
  #input: Uint8Array | null = null;
  readonly #put: (bytes: Uint8Array) => void;
  readonly #size: number;
  readonly #out: Uint8Array;
  /** How many bytes were made before those that `#out` begins with, and how many of these were handed on. */
  #before = 0;
  #handedOn = 0;
  #filled = 0;
  /** Bytes that `#out` may be filled with. */
  #room: number;
  /** The next byte to take. Behind the data, zeros are taken: `#overrun` tells whether they were used. */
  #at: number;
  /** Bits that were taken and not used; the next one is the lowest. */
  #bits = 0;
  #count = 0;
  #read: number;

  /** @param window `size`, or more than `LOOKBACK_BYTES` and two copies. */
  constructor(
    source: Uint8Array | RandomBytes,
    start: number,
    size: number,
    window: number,
    put: (bytes: Uint8Array) => void,
  ) {
    this.#source = source;
    this.#data = source instanceof Uint8Array ? source : new Uint8Array(0);
    this.#at = start;
    this.#read = start;
    this.#size = size;
    this.#put = put;
    this.#out = new Uint8Array(window);
    this.#room = window;
  }

  run(): InflatedPieces {
    let stop: Stop | null = null;
    for (let last = false; !last && stop === null; ) {
      this.#load();
      last = this.#take(1) === 1;
      stop = this.#block(this.#take(2));
      if (this.#overrun()) stop = 'unfinished';
    }
    const length = Math.min(this.#source.length, this.#from + this.#position());
    this.#handOn();
    const count = this.#before + this.#filled;
    return { count, end: stop ?? 'whole', read: this.#read, length };
  }

  /** Has more of the data at hand, where there are. */
  #load(): void {
    const source = this.#source;
    const end = this.#from + this.#data.length;
    if (source instanceof Uint8Array || end === source.length) return;
    const left = this.#data.subarray(this.#at);
    if (left.length >= LEAST_INPUT) return;
    // At the start, the stream's first bytes are passed over.
    const next = Math.max(end, this.#from + this.#at);
    // In the same memory: thousands of pieces would wait for the garbage collector.
    this.#input ??= new Uint8Array(INPUT_BYTES);
    this.#input.copyWithin(0, left.byteOffset, left.byteOffset + left.length);
    const data = this.#input.subarray(0, Math.min(INPUT_BYTES, left.length + source.length - next));
    source.readInto(next, data.subarray(left.length));
    this.#from = next - left.length;
    this.#data = data;
    this.#at = 0;
  }

  #handOn(): void {
    if (this.#filled > this.#handedOn) this.#put(this.#out.subarray(this.#handedOn, this.#filled));
    this.#handedOn = this.#filled;
  }

  /** Has room for some symbols, unless the bytes come to their end. */
  #makeRoom(): void {
    const isLast = this.#before + this.#room === this.#size;
    if (isLast || this.#filled <= this.#room - 2 * LONGEST_COPY) return;
    this.#handOn();
    const gone = this.#filled - LOOKBACK_BYTES;
    this.#out.copyWithin(0, gone, this.#filled);
    this.#before += gone;
    this.#filled = LOOKBACK_BYTES;
    this.#handedOn = LOOKBACK_BYTES;
    this.#room = Math.min(this.#out.length, this.#size - this.#before);
  }

  #block(type: number): Stop | null {
    if (type === 0) return this.#stored();
    if (type === 1) return this.#coded(FIXED_LITERALS, FIXED_DISTANCES);
    return type === 2 ? this.#dynamic() : 'damaged';
  }

  #fill(): void {
    while (this.#count < 16) {
      const byte = this.#at < this.#data.length ? this.#data[this.#at] : 0;
      this.#bits |= byte << this.#count;
      this.#count += 8;
      this.#at++;
    }
  }

  /** The next bits, 16 at most. */
  #take(bits: number): number {
    this.#fill();
    const value = this.#bits & ((1 << bits) - 1);
    this.#bits >>>= bits;
    this.#count -= bits;
    return value;
  }

  /** The first byte of which nothing was used. */
  #position(): number {
    return this.#at - (this.#count >> 3);
  }

  #overrun(): boolean {
    return this.#position() > this.#data.length;
  }

  #stored(): Stop | null {
    this.#take(this.#count & 7);
    const length = this.#take(16);
    const complement = this.#take(16);
    if (this.#overrun()) return 'unfinished';
    if (length !== (complement ^ 0xffff)) return 'damaged';
    this.#at = this.#position();
    this.#bits = 0;
    this.#count = 0;
    for (let left = length; left > 0; ) {
      this.#load();
      this.#makeRoom();
      const at = this.#at;
      const taken = Math.min(left, this.#data.length - at, this.#room - this.#filled);
      if (taken === 0) return this.#filled === this.#room ? 'excess' : 'unfinished';
      this.#out.set(this.#data.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      this.#at = at + taken;
      this.#read = this.#from + this.#at;
      left -= taken;
    }
    return null;
  }

  /** RFC 1951, 3.2.7. */
  #dynamic(): Stop | null {
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const given = this.#take(4) + 4;
    if (literals > 286 || distances > 30) return 'damaged';
    const short = new Uint8Array(LENGTHS_ORDER.length);
    for (const symbol of LENGTHS_ORDER.slice(0, given)) short[symbol] = this.#take(3);
    const lengths = this.#lengths(prefixCode(short), literals + distances);
    if (lengths === null || lengths[END_OF_BLOCK] === 0) return 'damaged';
    const literalCode = prefixCode(lengths.subarray(0, literals));
    const distanceCode = prefixCode(lengths.subarray(literals));
    if (literalCode === null || distanceCode === null) return 'damaged';
    return this.#coded(literalCode, distanceCode);
  }

  #lengths(code: PrefixCode | null, count: number): Uint8Array | null {
    const lengths = new Uint8Array(count);
    for (let i = 0; i < count; ) {
      const symbol = code === null ? -1 : this.#symbol(code);
      if (symbol < 0) return null;
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      const run = this.#take([2, 3, 7][symbol - 16]) + (symbol === 18 ? 11 : 3);
      if (i + run > count || (symbol === 16 && i === 0)) return null;
      lengths.fill(symbol === 16 ? lengths[i - 1] : 0, i, i + run);
      i += run;
    }
    return lengths;
  }

  /** −1 where the bits are no code. */
  #symbol(code: PrefixCode): number {
    this.#fill();
    const entry = code.table[this.#bits & code.mask] || code.find(this.#bits);
    if (entry === 0) return -1;
    this.#bits >>>= entry & 15;
    this.#count -= entry & 15;
    return entry >> 4;
  }

  /** The symbols up to a block's end. */
  #coded(literals: PrefixCode, distances: PrefixCode): Stop | null {
    for (;;) {
      this.#load();
      this.#makeRoom();
      const before = this.#filled;
      this.#inner(literals, distances);
      if (this.#filled > before) this.#read = this.#from + this.#position();
      this.#makeRoom();
      const symbol = this.#symbol(literals);
      if (this.#overrun()) return 'unfinished';
      if (symbol < 0) return 'damaged';
      if (symbol === END_OF_BLOCK) return null;
      const stop = symbol < END_OF_BLOCK ? this.#literal(symbol) : this.#copy(symbol, distances);
      if (stop !== null) return stop;
    }
  }

  #literal(value: number): Stop | null {
    if (this.#filled === this.#room) return 'excess';
    this.#out[this.#filled++] = value;
    this.#read = this.#from + this.#position();
    return null;
  }

  /** Bytes from further up once more. */
  #copy(symbol: number, distances: PrefixCode): Stop | null {
    const out = this.#out;
    const code = symbol - END_OF_BLOCK - 1;
    if (code >= LENGTH_CODES) return 'damaged';
    const length = LENGTHS.bases[code] + this.#take(LENGTHS.bits[code]);
    const far = this.#symbol(distances);
    const distance = far < 0 ? 0 : DISTANCES.bases[far] + this.#take(DISTANCES.bits[far]);
    if (this.#overrun()) return 'unfinished';
    if (distance === 0 || distance > this.#filled) return 'damaged';
    const begin = this.#filled;
    const end = Math.min(begin + length, this.#room);
    for (let to = begin; to < end; to++) out[to] = out[to - distance];
    this.#filled = end;
    if (end > begin) this.#read = this.#from + this.#position();
    return end < begin + length ? 'excess' : null;
  }

  /**
   * Takes symbols as long as there is no question of where the data or the bytes end, which is nearly always: here
   * inflating spends its time. What it leaves, for whatever reason, is `#coded`'s.
   */
  #inner({ table, mask }: PrefixCode, distances: PrefixCode): void {
    const data = this.#data;
    const out = this.#out;
    const lastAt = data.length - 8;
    const lastFilled = this.#room - LONGEST_COPY;
    let at = this.#at;
    let bits = this.#bits;
    let count = this.#count;
    let filled = this.#filled;
    while (at < lastAt && filled < lastFilled) {
      if (count < 16) {
        bits |= (data[at] | (data[at + 1] << 8)) << count;
        count += 16;
        at += 2;
      }
      const entry = table[bits & mask];
      if (entry < END_OF_BLOCK << 4) {
        if (entry === 0) break;
        bits >>>= entry & 15;
        count -= entry & 15;
        out[filled++] = entry >> 4;
        continue;
      }
      const code = (entry >> 4) - END_OF_BLOCK - 1;
      // The end of the block, or no code that there is.
      if (code < 0 || code >= LENGTH_CODES) break;
      const from = at;
      const used = entry & 15;
      const length = LENGTHS.bases[code] + ((bits >>> used) & ((1 << LENGTHS.bits[code]) - 1));
      let left = bits >>> (used + LENGTHS.bits[code]);
      let leftCount = count - used - LENGTHS.bits[code];
      if (leftCount < 16) {
        left |= (data[at] | (data[at + 1] << 8)) << leftCount;
        leftCount += 16;
        at += 2;
      }
      const far = distances.table[left & distances.mask];
      left >>>= far & 15;
      leftCount -= far & 15;
      if (leftCount < 16) {
        left |= (data[at] | (data[at + 1] << 8)) << leftCount;
        leftCount += 16;
        at += 2;
      }
      const distance = DISTANCES.bases[far >> 4] + (left & ((1 << DISTANCES.bits[far >> 4]) - 1));
      if (far === 0 || distance === 0 || distance > filled) {
        at = from;
        break;
      }
      bits = left >>> DISTANCES.bits[far >> 4];
      count = leftCount - DISTANCES.bits[far >> 4];
      for (const end = filled + length; filled < end; filled++)
        out[filled] = out[filled - distance];
    }
    this.#at = at;
    this.#bits = bits;
    this.#count = count;
    this.#filled = filled;
  }
}
