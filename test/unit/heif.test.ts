import { describe, expect, it, vi } from 'vitest';
import { decodeImage, imageSize, loadDecoder, openImage } from '../../src/image/formats.js';

vi.mock('@jsquash/avif/decode.js', () => {
  throw new Error('not installed');
});
vi.mock('heic-decode', () => {
  throw new Error('not installed');
});

/** A file of some brands, with a size somewhere. */
function heif(major: string, others: readonly string[] = [], size: readonly number[] = []) {
  const brands = [major, '\0\0\0\0', ...others].join('');
  const sizes = size.length === 0 ? '' : `\0\0\0\x14ispe\0\0\0\0${size.map(word).join('')}`;
  const text = `${word(8 + brands.length)}ftyp${brands}${sizes}`;
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

function word(value: number): string {
  return String.fromCharCode(value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255);
}

describe('AVIF and HEIC without a decoder', () => {
  it.each([
    [heif('avif', ['mif1']), '@jsquash/avif'],
    [heif('avis'), '@jsquash/avif'],
    [heif('mif1', ['avif', 'miaf']), '@jsquash/avif'],
    [heif('heic', ['mif1']), 'heic-decode'],
    [heif('mif1', ['heic']), 'heic-decode'],
    [heif('hevc'), 'heic-decode'],
  ])('name the package to install', async (bytes, name) => {
    await expect(openImage(bytes)).rejects.toMatchObject({
      code: 'ERR_IMAGE_CODEC',
      message: expect.stringContaining(`npm install ${name}`),
    });
    await loadDecoder(bytes);
    expect(() => decodeImage(bytes)).toThrow(`npm install ${name}`);
    expect(imageSize(bytes)).toBeNull();
  });

  it('say that they take an await', () => {
    expect(() => decodeImage(heif('heic'))).toThrow(/await openImage/);
  });

  it('are refused before they are decoded when they say that they are too large', async () => {
    await expect(openImage(heif('heic', [], [20_000, 20_000]))).rejects.toMatchObject({
      code: 'ERR_IMAGE_SIZE',
    });
  });

  it.each([
    ['', '\0\x01\x17\x70free'],
    [' of a long length', '\0\0\0\x01free\0\0\0\0\0\x01\x17\x70'],
  ])('are refused so, too, when much comes first, in a box%s', async (_, start) => {
    const file = heif('heic');
    const meta = `\0\0\0\x20meta\0\0\0\0\0\0\0\x14ispe\0\0\0\0${word(20_000)}${word(20_000)}`;
    const far = Buffer.from(start.padEnd(71_536, '\0') + meta, 'latin1');
    const bytes = new Uint8Array(Buffer.concat([file, far]));
    await expect(openImage(bytes)).rejects.toMatchObject({ code: 'ERR_IMAGE_SIZE' });
  });

  it('are no films', () => {
    expect(() => decodeImage(heif('mp42', ['isom']))).toThrow(/a film/);
  });
});
