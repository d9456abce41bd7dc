// Streams that come out piece by piece: as they come out as a whole.
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inflateZlibInTables } from '../../src/platform/inflate.js';
import { content, inflateInPieces, settings } from '../support/zlibStreams.js';

describe('a long stream in pieces', () => {
  const long = fc
    .tuple(content, fc.integer({ min: 1, max: 40 }), fc.nat())
    .map(([bytes, times, seed]) => {
      const out = new Uint8Array(bytes.length * times);
      for (let i = 0; i < times; i++) out.set(bytes, i * bytes.length);
      // Some of it is not what came before.
      for (let i = seed % 7919; i < out.length; i += 7919) out[i] ^= 1 + (i % 255);
      return out;
    });

  it('comes out as zlib put it in', () => {
    fc.assert(
      fc.property(long, settings, (bytes, options) => {
        const data = new Uint8Array(deflateSync(bytes, options));
        const found = inflateInPieces(data, bytes.length);
        expect([found.end, found.length]).toEqual(['whole', data.length]);
        expect(Buffer.compare(found.bytes, bytes)).toBe(0);
      }),
    );
  });

  it('tells of damage, of too few bytes and of too many what it tells as a whole', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 });
    fc.assert(
      fc.property(long, settings, changes, fc.nat(), fc.nat(), (bytes, options, ...rest) => {
        const [damage, cut, less] = rest;
        let data = new Uint8Array(deflateSync(bytes, options));
        for (const [at, change] of damage) data[at % data.length] ^= change;
        if (cut % 3 === 0) data = data.subarray(0, cut % (data.length + 1));
        const size = less % 3 === 0 ? less % (bytes.length + 1) : bytes.length;
        const found = inflateInPieces(data, size);
        const whole = inflateZlibInTables(data, size);
        expect(Buffer.compare(found.bytes, whole.bytes)).toBe(0);
        expect({ ...found, bytes: 0 }).toEqual({ ...whole, bytes: 0 });
      }),
      { numRuns: 300 },
    );
  });
});
