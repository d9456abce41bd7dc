import { builtin } from './builtin.js';

/** Four tables: the sum moves on by four bytes per step instead of one. */
type Tables = readonly [Int32Array, Int32Array, Int32Array, Int32Array];

const TABLES = makeTables(0xedb88320);
let castagnoli: Tables | undefined;

/**
 * CRC-32 as zip and PNG use it (reflected polynomial 0xedb88320).
 * @param before That of the bytes before these, of which it is to be the sum, too.
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  // Node's own is ten times as fast, where it has one.
  return (builtin('zlib')?.crc32 ?? crc32InTables)(bytes, before);
}

export function crc32InTables(bytes: Uint8Array, before = 0): number {
  return crcInTables(bytes, TABLES, before);
}

/** CRC-32C as iSCSI and TFRecord use it (reflected polynomial 0x82f63b78). @see RFC 3720, appendix B.4 */
export function crc32c(bytes: Uint8Array): number {
  castagnoli ??= makeTables(0x82f63b78);
  return crcInTables(bytes, castagnoli);
}

function crcInTables(bytes: Uint8Array, [t0, t1, t2, t3]: Tables, before = 0): number {
  let crc = ~before;
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4) {
    crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    crc = t3[crc & 255] ^ t2[(crc >>> 8) & 255] ^ t1[(crc >>> 16) & 255] ^ t0[crc >>> 24];
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}

function makeTables(polynomial: number): Tables {
  const first = Int32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ polynomial : c >>> 1;
    return c;
  });
  const next = (table: Int32Array) => table.map((c) => (c >>> 8) ^ first[c & 255]);
  const second = next(first);
  const third = next(second);
  return [first, second, third, next(third)];
}
