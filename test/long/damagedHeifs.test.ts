// The decoders are others' (@jsquash/avif, heic-decode): what they do with damaged files ends typed, and leaves them as they were.
import { describe, expect, it } from 'vitest';
import { openImage } from '../../src/image/formats.js';
import { ImageError } from '../../src/image/picture.js';
import { chance, damage } from '../support/damage.js';
import { type HeifCase, heifCases } from '../support/heifCases.js';

/** Of each format; CYCLEGAN_RUNS looks longer. */
const COUNT = Number(process.env.CYCLEGAN_RUNS ?? 500);
/** A sound picture is decoded after so many damaged ones. */
const PROBE = 20;
/** For a picture of some hundred pixels. */
const LIMIT_MS = 5000;

/** Whether it was read. */
async function judge(bytes: Uint8Array, strict: boolean): Promise<boolean> {
  const begin = performance.now();
  try {
    const { width, height, data, alpha } = await openImage(bytes, { alpha: strict, strict });
    expect(data).toHaveLength(3 * width * height);
    expect(alpha?.length ?? width * height).toBe(width * height);
    return true;
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    expect(error.message.length).toBeLessThan(500);
    return false;
  } finally {
    expect(performance.now() - begin).toBeLessThan(LIMIT_MS);
  }
}

describe.each(['AVIF', 'HEIC'])('damaged %ss end as a picture or as a typed error', (kind) => {
  const files: readonly HeifCase[] = heifCases(kind.toLowerCase());

  it(`${COUNT} of them`, async () => {
    const next = chance(kind.length + files.length);
    const before = process.memoryUsage().rss;
    let pictures = 0;
    for (let i = 0; i < COUNT; i++) {
      const bytes = damage(files[i % files.length].bytes, next);
      for (const strict of [false, true]) if (await judge(bytes, strict)) pictures++;
      if (i % PROBE !== 0) continue;
      const sound = await openImage(files[0].bytes);
      expect([sound.width, sound.height]).toEqual(files[0].size);
    }
    // Damage that leaves nothing would test nothing.
    expect(pictures).toBeGreaterThan(0);
    expect(pictures).toBeLessThan(2 * COUNT);
    // What a decoder keeps of each would add up.
    expect((process.memoryUsage().rss - before) / 1e6).toBeLessThan(500);
  });
});
