import { describe, expect, it } from 'vitest';
import { compose, toImage, toTensor } from '../../src/image/convert.js';
import { decodeImage, openImage } from '../../src/image/formats.js';
import { ImageError } from '../../src/image/picture.js';
import { plainFilter } from '../../src/image/resize/plainFilter.js';
import { resize, resizedSize, resizeWith } from '../../src/image/resize/resize.js';
import { FileError } from '../../src/platform/fileError.js';
import { sha256 } from '../../src/platform/sha256.js';
import { Tensor } from '../../src/tensor/tensor.js';
import {
  fixtureBytes,
  fixtureFloats,
  fixturePath,
  hasFixtures,
  manifest,
} from '../support/fixtures.js';

type Size = readonly [width: number, height: number];

interface ImagesManifest {
  readonly files: readonly {
    readonly file: string;
    readonly size: Size;
    readonly rgb: string;
    readonly rgbHighByte?: string;
    readonly resize24: string;
    readonly resize24Size: Size;
  }[];
  readonly resize: readonly {
    readonly name: string;
    readonly input: string;
    readonly inputSize: Size;
    readonly output: string;
    readonly outputSize: Size;
  }[];
  readonly resize256Sizes: readonly { readonly in: Size; readonly out: Size }[];
  readonly toImage: { readonly input: string; readonly output: string };
  readonly toTensor: { readonly output: string };
}

interface PngSuiteManifest {
  readonly files: readonly {
    readonly file: string;
    readonly expect: string;
    readonly size?: Size;
    readonly rgb?: readonly [offset: number, length: number];
    readonly rgbHighByte?: readonly [offset: number, length: number];
  }[];
}

interface HostileManifest {
  readonly files: readonly {
    readonly file: string;
    readonly kind: string;
    readonly expect: string;
    readonly note: string;
  }[];
  readonly truncations: readonly { readonly base: string; readonly lengths: readonly number[] }[];
}

const images = manifest<ImagesManifest>('images', {
  files: [],
  resize: [],
  resize256Sizes: [],
  toImage: { input: '', output: '' },
  toTensor: { output: '' },
});
const pngSuite = manifest<PngSuiteManifest>('pngsuite', { files: [] }).files;
const hostile = manifest<HostileManifest>('hostile', { files: [], truncations: [] });

describe.skipIf(!hasFixtures)('pictures against Pillow', () => {
  it.each(images.files.map((f) => [f.file, f] as const))('%s', async (_, f) => {
    const picture = await openImage(fixturePath('images', f.file));
    expect([picture.width, picture.height]).toEqual(f.size);
    expectBytes(picture.data, fixtureBytes('images', f.rgbHighByte ?? f.rgb));
    if (f.rgbHighByte === undefined) {
      const small = resize(24)(picture);
      expect([small.width, small.height]).toEqual(f.resize24Size);
      expectBytes(small.data, fixtureBytes('images', f.resize24));
    }
  });

  it.each(images.resize.map((r) => [r.name, r] as const))('resize %s', (_, r) => {
    const [width, height] = r.inputSize;
    const [outWidth, outHeight] = r.outputSize;
    const picture = { width, height, data: fixtureBytes('images', r.input) };
    const resized = resize({ width: outWidth, height: outHeight })(picture);
    const expected = fixtureBytes('images', r.output);
    expectBytes(resized.data, expected);
    expectBytes(resizeWith(plainFilter, picture, outWidth, outHeight).data, expected);
  });

  it.each(images.resize256Sizes.map((r) => [String(r.in), r] as const))('size of %s', (_, r) => {
    const [width, height] = r.in;
    expect(Object.values(resizedSize({ width, height }, 256))).toEqual(r.out);
  });

  it('toTensor and toImage', () => {
    const ramp = Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3));
    const floats = toTensor()({ width: 256, height: 1, data: ramp });
    expect(floats.data.subarray(0, 256)).toEqual(fixtureFloats('images', images.toTensor.output));
    const values = fixtureFloats('images', images.toImage.input);
    const line = new Tensor(values, [1, 1, values.length]);
    const expected = fixtureBytes('images', images.toImage.output);
    const bytes = toImage(line.add(1).div(2)).data.filter((_, i) => i % 3 === 0);
    expectBytes(bytes, expected);
  });
});

describe.skipIf(!hasFixtures)('PngSuite against Pillow', () => {
  it.each(pngSuite.map((f) => [f.file, f] as const))('%s', (_, f) => {
    const decode = () => decodeImage(fixtureBytes('pngsuite', f.file));
    if (f.expect !== 'ok') {
      expect(decode).toThrow(ImageError);
      return;
    }
    const [offset, length] = f.rgbHighByte ?? f.rgb ?? [0, 0];
    const expected = fixtureBytes('pngsuite', 'expected.rgb').subarray(offset, offset + length);
    const picture = decode();
    expect([picture.width, picture.height]).toEqual(f.size);
    expectBytes(picture.data, expected);
  });
});

describe.skipIf(!hasFixtures)('hostile pictures', () => {
  const files = hostile.files.filter(({ kind }) => kind === 'image');
  it.each(files.map((f) => [`${f.file}: ${f.note}`, f] as const))('%s', async (_, f) => {
    const pipeline = compose(resize(256), toTensor());
    const outcome = await openImage(fixturePath('hostile', f.file))
      .then((picture) => pipeline(picture))
      .catch((error: unknown) => error);
    if (f.file === 'arithmetic.jpg') {
      // It may be refused, or read as Pillow does.
      const { data } = await openImage(fixturePath('hostile', f.file));
      expect(sha256(data)).toBe('f134d9a2aac9eb8b2b711acfc08ba2a7ee47064372aa7c31327355d7e586be10');
      return;
    }
    if (f.expect === 'ok') expect(outcome).not.toBeInstanceOf(Error);
    if (f.expect.endsWith('error') && f.expect !== 'ok-or-error') {
      expect(outcome).toBeInstanceOf(Error);
    }
    if (outcome instanceof Error) {
      expect(outcome instanceof ImageError || outcome instanceof FileError).toBe(true);
    }
  });

  const cuts = hostile.truncations.filter(({ base }) => !base.endsWith('.pth'));
  it.each(cuts.map((cut) => [cut.base, cut] as const))('%s cut short', (_, cut) => {
    const bytes = fixtureBytes('hostile', cut.base);
    for (const length of cut.lengths) {
      expect(() => decodeImage(bytes.slice(0, length)), `${length} bytes`).toThrow(ImageError);
    }
  });
});

function expectBytes(found: Uint8Array, expected: Uint8Array): void {
  expect(found.length).toBe(expected.length);
  const at = found.findIndex((byte, i) => byte !== expected[i]);
  expect(at, at < 0 ? '' : `byte ${at}: found ${found[at]}, expected ${expected[at]}`).toBe(-1);
}
