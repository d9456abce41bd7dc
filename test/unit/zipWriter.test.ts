import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { concatenate } from '../../src/platform/concatenate.js';
import { zipPieces } from '../../src/pth/write/zipWriter.js';

const utf8 = new TextEncoder();
const ENTRIES = [
  { name: 'archive/data.pkl', content: utf8.encode('the pickle') },
  { name: 'archive/data/0é', content: Uint8Array.from({ length: 300 }, (_, i) => i) },
  { name: 'archive/version', content: new Uint8Array(0) },
];

const file = concatenate([...zipPieces(ENTRIES)]);
const view = new DataView(file.buffer);
const u16 = (at: number) => view.getUint16(at, true);
const u32 = (at: number) => view.getUint32(at, true);
const textAt = (at: number, length: number) =>
  new TextDecoder().decode(file.subarray(at, at + length));

/** MS-DOS's day: bits 0 to 4, month: 5 to 8, and years after 1980. */
function dateOf(word: number): [year: number, month: number, day: number] {
  return [1980 + (word >> 9), (word >> 5) & 15, word & 31];
}

/** What stands at the same distance from one another in local and central headers (APPNOTE 4.3.7 and 4.3.12). */
function facts(at: number) {
  return {
    needs: u16(at),
    flags: u16(at + 2),
    method: u16(at + 4),
    time: u16(at + 6),
    date: dateOf(u16(at + 8)),
    crc: u32(at + 10),
    storedSize: u32(at + 14),
    size: u32(at + 18),
    nameLength: u16(at + 22),
  };
}

/** Version 2.0, name in UTF-8 (bit 11), stored, midnight of zip's first day. */
const expectedFacts = ({ name, content }: (typeof ENTRIES)[number]) => ({
  needs: 20,
  flags: 1 << 11,
  method: 0,
  time: 0,
  date: [1980, 1, 1],
  crc: crc32(content),
  storedSize: content.length,
  size: content.length,
  nameLength: utf8.encode(name).length,
});

describe('a zip archive that is written', () => {
  const endAt = file.length - 22;

  it('ends with its end record', () => {
    expect(u32(endAt)).toBe(0x06054b50);
    // Of one disk, the first; as many entries on it as in all; no comment.
    expect([u16(endAt + 4), u16(endAt + 6), u16(endAt + 8), u16(endAt + 10)]).toEqual([0, 0, 3, 3]);
    expect(u32(endAt + 12) + u32(endAt + 16)).toBe(endAt);
    expect(u16(endAt + 20)).toBe(0);
  });

  it('has each entry in its directory, and its content aligned to 64 bytes', () => {
    let at = u32(endAt + 16);
    let localAt = 0;
    for (const entry of ENTRIES) {
      const { name, content } = entry;
      const nameLength = utf8.encode(name).length;
      expect(u32(at)).toBe(0x02014b50);
      expect(u16(at + 4)).toBe(20);
      expect(facts(at + 6)).toEqual(expectedFacts(entry));
      // No extra field, comment, disk number or attributes.
      expect([30, 32, 34, 36].map((field) => u16(at + field))).toEqual([0, 0, 0, 0]);
      expect(u32(at + 38)).toBe(0);
      expect(u32(at + 42)).toBe(localAt);
      expect(textAt(at + 46, nameLength)).toBe(name);
      at += 46 + nameLength;

      expect(u32(localAt)).toBe(0x04034b50);
      expect(facts(localAt + 4)).toEqual(expectedFacts(entry));
      expect(textAt(localAt + 30, nameLength)).toBe(name);
      const extraAt = localAt + 30 + nameLength;
      const extra = u16(localAt + 28);
      // One extra field, as torch's: its id, the length of what follows, and that.
      expect(textAt(extraAt, 2)).toBe('FB');
      expect(u16(extraAt + 2)).toBe(extra - 4);
      expect(textAt(extraAt + 4, extra - 4)).toBe('Z'.repeat(extra - 4));
      const contentAt = extraAt + extra;
      expect(contentAt % 64).toBe(0);
      expect(extra).toBeLessThan(64 + 4);
      expect(file.subarray(contentAt, contentAt + content.length)).toEqual(content);
      localAt = contentAt + content.length;
    }
    expect(at).toBe(endAt);
    expect(localAt).toBe(u32(endAt + 16));
  });

  it('holds no more than a zip file can count', () => {
    const entry = { name: 'x', content: new Uint8Array(0) };
    const many = (count: number) => [...zipPieces(new Array(count).fill(entry))];
    expect(many(0xffff).length).toBe(3 * 0xffff + 1);
    expect(() => many(0x10000)).toThrow(/65,535 entries/);
  });
});
