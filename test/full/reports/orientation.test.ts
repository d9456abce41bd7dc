import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeImage, imageSize } from '../../../src/image/formats.js';
import type { DecodeNote } from '../../../src/image/note.js';
import { fixtureBytes, hasFixtures } from '../../support/fixtures.js';

describe.skipIf(!hasFixtures)('pictures that lie on their side', () => {
  it.each(['long_be.jpg', 'slong_be.jpg'])('orient-long-value/%s is turned', (file) => {
    const bytes = fixtureBytes('reports', 'orient-long-value', file);
    const { width, height, data } = decodeImage(bytes, { autoOrient: true });
    expect([width, height]).toEqual([16, 24]);
    expect(createHash('sha256').update(data).digest('hex')).toMatch(/^ac73266f4b9e69d5/);
  });

  it('orient-png-exif-eo is turned, or noted', () => {
    const bytes = fixtureBytes('reports', 'orient-png-exif-eo', 'eo_in.png');
    const { width, height } = decodeImage(bytes, { autoOrient: true });
    expect([width, height]).toEqual([32, 64]);
    expect(imageSize(bytes, { autoOrient: true })).toEqual({ width: 32, height: 64 });
    const notes: DecodeNote[] = [];
    expect(decodeImage(bytes, { onNote: (note) => notes.push(note) })).toMatchObject({
      width: 64,
      height: 32,
    });
    expect(notes.map(({ kind }) => kind)).toEqual(['turned']);
  });
});
