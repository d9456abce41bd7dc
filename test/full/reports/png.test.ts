import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../src/image/formats.js';
import type { DecodeNote } from '../../../src/image/note.js';
import { ImageError } from '../../../src/image/picture.js';
import { fixtureBytes, hasFixtures } from '../../support/fixtures.js';

describe.skipIf(!hasFixtures)('PNGs that are slightly damaged', () => {
  it.each([
    ['png-idat-checksum-0', 'idat_crc0.png'],
    ['png-tail-missing', 'no_iend.png'],
    ['png-tail-missing', 'iend_cut.png'],
    ['png-tail-missing', 'iend_badcrc.png'],
    ['png-tail-missing', 'text_badcrc_after.png'],
  ])('%s/%s is read as Pillow reads it, with a note', (folder, file) => {
    const bytes = fixtureBytes('reports', folder, file);
    const notes: DecodeNote[] = [];
    const { width, height, data } = decodeImage(bytes, { onNote: (note) => notes.push(note) });
    expect([width, height]).toEqual([56, 40]);
    expect(createHash('sha256').update(data).digest('hex')).toMatch(/^ef6c6159ec8d0ba7/);
    expect(notes.map(({ kind }) => kind)).toEqual(['damaged']);
    expect(() => decodeImage(bytes, { strict: true })).toThrow(ImageError);
  });

  it('without pixels is refused', () => {
    const bytes = fixtureBytes('reports', 'strict-png-black', 'black.png');
    expect(() => decodeImage(bytes)).toThrow(expect.objectContaining({ code: 'ERR_PNG_SHORT' }));
  });
});
