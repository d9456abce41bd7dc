import { deflateSync } from 'node:zlib';
import { concatenate } from '../../src/platform/concatenate.js';
import { crc32 } from '../../src/platform/crc32.js';

export const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** @param sum In place of the right checksum. */
export function chunk(type: string, content: ArrayLike<number> = [], sum?: number): Uint8Array {
  const body = concatenate([new TextEncoder().encode(type), content]);
  return concatenate([bigEndian(content.length), body, bigEndian(sum ?? crc32(body))]);
}

export function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function header(width: number, height: number, depth = 8, colour = 2): Uint8Array {
  return chunk('IHDR', [...bigEndian(width), ...bigEndian(height), depth, colour, 0, 0, 0]);
}

export const END = chunk('IEND');

export function png(...chunks: Uint8Array[]): Uint8Array {
  return concatenate([SIGNATURE, ...chunks]);
}

/** The zlib stream of rows without filters. */
export function packed(rows: readonly ArrayLike<number>[], level = 6): Uint8Array {
  return deflate(concatenate(rows.map((row) => [0, ...Array.from(row)])), level);
}

export function deflate(bytes: Uint8Array, level = 6): Uint8Array {
  return new Uint8Array(deflateSync(bytes, { level }));
}
