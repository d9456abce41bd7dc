import { constants, deflateRawSync, deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  inflateRaw,
  inflateRawInTables,
  inflateZlib,
  inflateZlibInTables,
} from '../../src/platform/inflate.js';
import { content, inflateInPieces, settings } from '../support/zlibStreams.js';

describe.each([
  ["with Node's own", inflateZlib],
  ['in tables', inflateZlibInTables],
  ['in pieces', inflateInPieces],
])('a zlib stream %s', (_, inflate) => {
  it('comes out as zlib put it in', () => {
    fc.assert(
      fc.property(content, settings, (bytes, options) => {
        const data = new Uint8Array(deflateSync(bytes, options));
        const found = inflate(data, bytes.length);
        expect(found.end).toBe('whole');
        expect(found.length).toBe(data.length);
        expect(Buffer.compare(found.bytes, bytes)).toBe(0);
      }),
    );
  });

  it('is told apart by its end, and from what follows', () => {
    const bytes = Uint8Array.from({ length: 500 }, (_, i) => (i * i) >> 3);
    const data = new Uint8Array(deflateSync(bytes));
    const ends = (stream: Uint8Array, size = bytes.length) => {
      const { end, length, bytes: out } = inflate(stream, size);
      expect(Buffer.compare(out, bytes.subarray(0, out.length))).toBe(0);
      return [end, out.length, length];
    };
    expect(ends(Uint8Array.from([...data, 1, 2, 3]))).toEqual(['whole', 500, data.length]);
    expect(ends(data, 501)).toEqual(['whole', 500, data.length]);
    expect(ends(data, 499)).toEqual(['excess', 499, expect.any(Number)]);
    for (const cut of [1, 2, 3, 4]) {
      expect(ends(data.subarray(0, -cut)).slice(0, 2)).toEqual(['unchecked', 500]);
    }
    expect(ends(data.subarray(0, -5))[0]).toBe('unfinished');
    expect(ends(data.subarray(0, -60))[0]).toBe('unfinished');
    expect(ends(data.subarray(0, 1))).toEqual(['unfinished', 0, 0]);
    expect(ends(Uint8Array.of(0x78, 0x9d, ...data.subarray(2)))).toEqual(['damaged', 0, 0]);
    const wrong = data.slice();
    wrong[wrong.length - 1] ^= 1;
    expect(ends(wrong).slice(0, 2)).toEqual(['checksum', 500]);
    const open = new Uint8Array(deflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }));
    expect(ends(open).slice(0, 2)).toEqual(['unfinished', 500]);
  });
});

describe('damaged streams', () => {
  it('are damaged for zlib, too, and no others are', () => {
    fc.assert(
      fc.property(
        content,
        settings,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 3,
        }),
        (bytes, options, changes) => {
          const data = new Uint8Array(deflateSync(bytes, options));
          for (const [at, change] of changes) data[2 + (at % (data.length - 2))] ^= change;
          const found = inflateZlibInTables(data, 100_000);
          const said = verdict(data, 100_000);
          // Where a block's codes have no symbols, zlib reads on for a while, and may find that the data end.
          const ends =
            said.end === 'unfinished' ? ['unfinished', 'unchecked', 'damaged'] : [said.end];
          expect(ends).toContain(found.end);
          if (said.bytes !== null) expect(Buffer.compare(found.bytes, said.bytes)).toBe(0);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('are read no further than is needed', () => {
    const zeros = new Uint8Array(deflateSync(new Uint8Array(2 ** 24)));
    for (const inflate of [inflateZlib, inflateZlibInTables]) {
      const { bytes, end, length } = inflate(zeros, 4);
      expect([bytes.length, end]).toEqual([4, 'excess']);
      expect(length).toBeLessThan(100);
    }
  });

  it('cost no more than their length, even where nothing comes out of it', () => {
    // Each block describes codes, and ends at once. Tables of all 15 bits would be dear.
    const block = emptyDynamicBlock();
    const blocks = Math.floor(2 ** 17 / block.length);
    const data = Uint8Array.from([0x78, 0x9c, ...new Array(blocks).fill(block).flat()]);
    const begin = performance.now();
    expect(inflateZlib(data, 4)).toMatchObject({ end: 'unfinished', bytes: new Uint8Array(0) });
    expect(performance.now() - begin).toBeLessThan(3000);
  });
});

describe('a deflate stream by itself', () => {
  it('comes out, and tells where it ends', () => {
    fc.assert(
      fc.property(content, settings, fc.uint8Array({ maxLength: 9 }), (bytes, options, behind) => {
        const data = new Uint8Array(deflateRawSync(bytes, options));
        for (const inflate of [inflateRaw, inflateRawInTables]) {
          const found = inflate(Uint8Array.from([...data, ...behind]), bytes.length);
          expect([found.end, found.length]).toEqual(['whole', data.length]);
          expect(Buffer.compare(found.bytes, bytes)).toBe(0);
        }
      }),
    );
  });
});

function verdict(data: Uint8Array, most: number): { end: string; bytes: Uint8Array | null } {
  try {
    return { end: 'whole', bytes: inflateSync(data, { maxOutputLength: most }) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') return { end: 'excess', bytes: null };
    if (code === 'Z_BUF_ERROR') return { end: 'unfinished', bytes: null };
    return { end: message === 'incorrect data check' ? 'checksum' : 'damaged', bytes: null };
  }
}

/** With codes of up to 15 bits, and in whole bytes: literals' lengths 1, 2 … 14, 15, 15 and the end of the block. */
function emptyDynamicBlock(): number[] {
  const bits: number[] = [];
  const put = (value: number, count: number) => {
    for (let i = 0; i < count; i++) bits.push((value >> i) & 1);
  };
  const putCode = (code: number, count: number) => {
    for (let i = count - 1; i >= 0; i--) bits.push((code >> i) & 1);
  };
  put(0, 1);
  put(2, 2);
  put(0, 5);
  put(0, 5);
  put(15, 4);
  // Lengths 0 to 15 and 18 have codes: 15 of four bits, and two of five.
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  const codeLength = (symbol: number) =>
    symbol === 16 || symbol === 17 ? 0 : symbol >= 15 ? 5 : 4;
  for (const symbol of order) put(codeLength(symbol), 3);
  const code = (symbol: number) => (symbol < 15 ? symbol : symbol === 15 ? 30 : 31);
  const say = (symbol: number) => putCode(code(symbol), codeLength(symbol));
  for (let length = 1; length <= 15; length++) say(length);
  for (const run of [138, 256 - 15 - 138]) {
    say(18);
    put(run - 11, 7);
  }
  say(15);
  say(0); // no distance
  putCode(0x7fff, 15);
  // A stored block without content brings it to whole bytes.
  put(0, 3);
  while (bits.length % 8 !== 0) bits.push(0);
  put(0, 16);
  put(0xffff, 16);
  const bytes = new Array<number>(bits.length / 8).fill(0);
  bits.forEach((bit, i) => {
    bytes[i >> 3] |= bit << (i & 7);
  });
  return bytes;
}

it.each([
  ['zlib', deflateSync(Uint8Array.of(1, 2, 3)), inflateZlib],
  ['deflate', deflateRawSync(Uint8Array.of(1, 2, 3)), inflateRaw],
])('a thousand small streams of %s keep no block of memory each', (_, data, inflate) => {
  const found = Array.from({ length: 1000 }, () => inflate(data, 3).bytes);
  expect([...found[999]]).toEqual([1, 2, 3]);
  const kept = new Set(found.map(({ buffer }) => buffer));
  expect([...kept].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(500_000);
});
