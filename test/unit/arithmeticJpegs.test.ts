import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/image/formats.js';
import { ImageError } from '../../src/image/picture.js';
import { sha256 } from '../../src/platform/sha256.js';
import { goldenPath } from '../support/golden.js';

interface Case {
  readonly name: string;
  readonly jpeg: string;
  readonly size: readonly [width: number, height: number] | null;
  readonly sha256: string | null;
}

const { cases } = JSON.parse(readFileSync(goldenPath('arithmeticJpegs.json'), 'utf8')) as {
  cases: Case[];
};
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

describe('arithmetic-coded JPEGs', () => {
  it.each(cases)('$name: as Pillow has it', ({ jpeg, size, sha256: digest }) => {
    if (size === null) {
      expect(() => decodeImage(bytesOf(jpeg))).toThrow(ImageError);
      return;
    }
    const { width, height, data } = decodeImage(bytesOf(jpeg));
    expect([width, height]).toEqual(size);
    expect(sha256(data)).toBe(digest);
  });

  it('a header cannot ask for more than pictures need', () => {
    const bytes = bytesOf(cases[0].jpeg);
    const frame = Buffer.from(bytes).indexOf(Buffer.from([0xff, 0xc9]));
    bytes.set([0x30, 0, 0x30, 0], frame + 5);
    expect(() => decodeImage(bytes)).toThrow(/cannot hold 12288x12288 pixels/);
  });
});
