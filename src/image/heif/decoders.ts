import { builtin } from '../../platform/builtin.js';
import { packageFile } from '../../platform/packageFile.js';
import { ImageError } from '../picture.js';
import type { HeifKind } from './heifFile.js';
import { keepingWords } from './libheifWords.js';

/** Pixels as other decoders give them. */
export interface Rgba {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Packages that users install who have such pictures: they are large, and one is under the LGPL. */
const PACKAGES: Readonly<Record<HeifKind, string>> = {
  AVIF: '@jsquash/avif',
  HEIC: 'heic-decode',
};

/**
 * Decodes by the browser, in a page, or else by the package for it.
 * @throws ImageError `ERR_IMAGE_CODEC` where there is neither; whatever the decoder throws.
 */
export async function decodeElsewhere(bytes: Uint8Array, kind: HeifKind): Promise<Rgba> {
  const byBrowser = await decodeInPage(bytes, kind);
  if (byBrowser !== null) return byBrowser;
  return kind === 'AVIF' ? decodeAvif(bytes) : decodeHeic(bytes);
}

interface Page {
  readonly createImageBitmap?: (blob: Blob, options: object) => Promise<Bitmap>;
  readonly OffscreenCanvas?: new (
    width: number,
    height: number,
  ) => {
    getContext(kind: '2d'): {
      drawImage(image: unknown, x: number, y: number): void;
      getImageData(x: number, y: number, width: number, height: number): Rgba;
    } | null;
  };
}

interface Bitmap {
  readonly width: number;
  readonly height: number;
  close(): void;
}

/** `null` outside of pages, and where the browser does not know the format (HEIC: all but Safari). */
async function decodeInPage(bytes: Uint8Array, kind: HeifKind): Promise<Rgba | null> {
  const { createImageBitmap: create, OffscreenCanvas: Canvas } = globalThis as Page;
  if (create === undefined || Canvas === undefined) return null;
  const type = `image/${kind.toLowerCase()}`;
  const options = { premultiplyAlpha: 'none', colorSpaceConversion: 'none' };
  const bitmap = await create(new Blob([bytes as BlobPart], { type }), options).catch(() => null);
  if (bitmap === null) return null;
  try {
    const { width, height } = bitmap;
    const context = new Canvas(width, height).getContext('2d');
    if (context === null) return null;
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, width, height);
  } finally {
    bitmap.close();
  }
}

interface AvifPackage {
  readonly default: (bytes: Uint8Array) => Promise<Rgba>;
  readonly init: (code: WebAssembly.Module) => Promise<void>;
}

let avif: Promise<AvifPackage> | undefined;

async function decodeAvif(bytes: Uint8Array): Promise<Rgba> {
  avif ??= loadAvif().catch((error: unknown) => {
    avif = undefined;
    throw error;
  });
  return (await avif).default(bytes);
}

async function loadAvif(): Promise<AvifPackage> {
  const loaded = await importPackage<AvifPackage>('AVIF', `${PACKAGES.AVIF}/decode.js`);
  // In Node, it does not find its own machine code.
  if (builtin('fs') !== null) {
    const code = await packageFile(`${PACKAGES.AVIF}/codec/dec/avif_dec.wasm`);
    await loaded.init(await WebAssembly.compile(code as BufferSource));
  }
  return loaded;
}

interface HeicPackage {
  readonly default: (input: { buffer: Uint8Array }) => Promise<Rgba>;
}

async function decodeHeic(bytes: Uint8Array): Promise<Rgba> {
  const heic = await importPackage<HeicPackage>('HEIC', PACKAGES.HEIC);
  return keepingWords(() => heic.default({ buffer: bytes }));
}

/** By a name that bundlers do not follow: the package may not be there. */
async function importPackage<T>(kind: HeifKind, file: string): Promise<T> {
  try {
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ file)) as T;
  } catch (error) {
    const name = PACKAGES[kind];
    const way =
      builtin('fs') === null
        ? `which this browser does not read, nor is the package ${name} there: convert it to JPEG or PNG first`
        : `which the package ${name} reads: npm install ${name} (for a cyclegan that was installed with -g: npm install -g ${name})`;
    throw new ImageError('ERR_IMAGE_CODEC', `This is an ${kind}, ${way}.`, { cause: error });
  }
}
