import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openImage } from '../../../src/image/formats.js';
import type { DecodeNote } from '../../../src/image/note.js';
import { fixturePath, hasFixtures } from '../../support/fixtures.js';

/** The beginnings of the SHA-256 of the RGB that Pillow 9.4 gives. */
const RIGHT = [
  ['jpeg-progressive-unfinished', 'prog_first1.jpg', 'ea58f8d768b0edd6'],
  ['jpeg-progressive-unfinished', 'prog_first3.jpg', '0dc5e0bba3cd3cdc'],
  ['jpeg-progressive-unfinished', 'prog_first9.jpg', '724efa4dd1fee6b7'],
  ['jpeg-webcam-frame', 'mjpeg_nodht.jpg', '06e56535574a5df5'],
  ['jpeg-webcam-frame', 'mjpeg_avi1.jpg', '06e56535574a5df5'],
  ['jpeg-webcam-frame', 'mjpeg_nodht_grey.jpg', '6d0e2a092a4f8088'],
] as const;

describe.skipIf(!hasFixtures)('JPEGs that Pillow reads though something is missing', () => {
  it.each(RIGHT)('%s: %s', async (folder, file, sha256) => {
    const path = fixturePath('reports', folder, file);
    const notes: DecodeNote[] = [];
    const picture = await openImage(path, { onNote: (note) => notes.push(note) });
    expect([picture.width, picture.height]).toEqual([56, 40]);
    const digest = createHash('sha256').update(picture.data).digest('hex');
    expect(digest.slice(0, 16)).toBe(sha256);
    expect(notes.map(({ kind }) => kind)).toEqual(['damaged']);
    await expect(openImage(path, { strict: true })).rejects.toThrow(/JPEG: /);
  });
});
