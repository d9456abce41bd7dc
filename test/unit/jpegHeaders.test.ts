import { describe, expect, it } from 'vitest';
import { decodeImage, encodeImage } from '../../src/image/formats.js';
import { ImageError, type Picture } from '../../src/image/picture.js';
import { concatenate } from '../../src/platform/concatenate.js';

function noise(seed: number, width = 8, height = 8): Picture {
  const data = Uint8Array.from(
    { length: 3 * width * height },
    (_, i) => Math.imul(i + seed * 1000 + 1, 2_654_435_761) >>> 24,
  );
  return { width, height, data };
}

/** Where a marker's segment begins. */
function find(file: Uint8Array, marker: number): number {
  for (let at = 2; file[at] === 0xff; at += 2 + (file[at + 2] << 8) + file[at + 3]) {
    if (file[at + 1] === marker) return at;
  }
  throw new Error(`no marker ${marker}`);
}

const [APP0, SOF0, SOS] = [0xe0, 0xc0, 0xda];

it('a scan has 1 to 4 components, and is as long as they take', () => {
  const file = encodeImage(noise(1), 'x.jpg');
  const at = find(file, SOS);
  const scan = (count: number, length: number) => {
    const head = [0xff, SOS, 0, length, count];
    const components = [1, 0x00, 2, 0x11, 3, 0x11, 4, 0x11, 5, 0x11].slice(0, 2 * count);
    const rest = file.subarray(at + 2 + 12);
    return concatenate([file.subarray(0, at), head, components, [0, 63, 0], rest]);
  };
  expect(decodeImage(scan(3, 12), { strict: true })).toEqual(decodeImage(file));
  expect(() => decodeImage(scan(0, 6))).toThrow(ImageError);
  expect(() => decodeImage(scan(5, 16))).toThrow(ImageError);
  expect(() => decodeImage(scan(3, 13))).toThrow(ImageError);
  expect(() => decodeImage(scan(3, 11))).toThrow(ImageError);
});

/**
 * As libjpeg's `default_decompress_parms` guesses: with neither JFIF nor Adobe, components called R, G and B are these
 * colours; a JFIF or an Adobe segment must be whole to count.
 */
describe('components called R, G and B', () => {
  const file = encodeImage({ width: 8, height: 8, data: new Uint8Array(192).fill(200) }, 'x.jpg');
  const ids = [...'RGB'].map((c) => c.charCodeAt(0));
  const named = file.slice();
  const [sof, sos] = [find(file, SOF0), find(file, SOS)];
  ids.forEach((id, i) => {
    named[sof + 10 + 3 * i] = id;
    named[sos + 5 + 2 * i] = id;
  });
  const app0 = find(named, APP0);
  const body = named.subarray(app0 + 2 + (named[app0 + 2] << 8) + named[app0 + 3]);
  const segment = (marker: number, text: string, length: number) => {
    const content = new Uint8Array(length);
    content.set(new TextEncoder().encode(text).subarray(0, length));
    return [0xff, marker, 0, length + 2, ...content];
  };
  const firstPixel = (...segments: number[][]) => [
    ...decodeImage(concatenate([[0xff, 0xd8], ...segments, body])).data.subarray(0, 3),
  ];
  // Luma 200 and chroma 128: grey where they are luma and chroma.
  const asRgb = [200, 128, 128];
  const asYcc = [200, 200, 200];

  it.each([
    ['nothing says otherwise', [], asRgb],
    ['JFIF', [segment(APP0, 'JFIF\0\x01\x01', 14)], asYcc],
    ['JFIF cut short', [segment(APP0, 'JFIF\0\x01\x01', 13)], asRgb],
    ['another APP0', [segment(APP0, 'JFXX\0\x01\x01', 14)], asRgb],
    ['JFIF in another segment', [segment(0xe1, 'JFIF\0\x01\x01', 14)], asRgb],
    ['Adobe, transform 0', [segment(0xee, 'Adobe\0d\0\0\0\0\0', 12)], asRgb],
    ['Adobe, transform 1', [segment(0xee, 'Adobe\0d\0\0\0\0\x01', 12)], asYcc],
    ['Adobe cut short', [segment(0xee, 'Adobe\0d\0\0\0\0', 11)], asRgb],
    ['Adobe in another segment', [segment(0xed, 'Adobe\0d\0\0\0\0\x01', 12)], asRgb],
  ] as const)('%s', (_, segments, expected) => {
    expect(firstPixel(...segments.map((bytes) => [...bytes]))).toEqual(expected);
  });
});
