import { checkPictureSize, type Picture } from '../picture.js';
import { type DecodedWebp, LazyCodec, type WebpDecoder } from './codec.js';
import { damaged, firstFrame, type WebpFrame, webpSize } from './webpFile.js';

const decoder = new LazyCodec<WebpDecoder>(() => import('./webpDecoderModule.js'));

export function loadWebpDecoder(): Promise<void> {
  return decoder.load();
}

/**
 * Decodes a WebP, of an animation its first picture on its canvas, to RGB as Pillow's `convert("RGB")` does. It is libwebp
 * that does it; `loadWebpDecoder` comes first.
 *
 * @throws ImageError `ERR_WEBP` when the file is damaged; `ERR_IMAGE_SIZE`; `ERR_IMAGE_CODEC` without the decoder.
 */
export function decodeWebp(
  bytes: Uint8Array,
  { alpha = false }: { readonly alpha?: boolean } = {},
): Picture {
  const size = webpSize(bytes);
  if (size === null) throw damaged('The WebP ends before its pixels, or has none.');
  checkPictureSize(size.width, size.height, 'A WebP');
  const frame = firstFrame(bytes);
  if (frame === null) return pictureOf(decodeStill(bytes), alpha);
  const { left, top, width, height } = frame;
  if (left + width > size.width || top + height > size.height) {
    throw damaged('The animated WebP has a picture beyond its canvas.');
  }
  const decoded = decodeStill(frame.file);
  if (decoded.width !== width || decoded.height !== height) {
    throw damaged('The animated WebP has a picture of another size than it says.');
  }
  return pictureOf(placed(decoded, frame, size), alpha);
}

function decodeStill(file: Uint8Array): DecodedWebp {
  const size = webpSize(file);
  if (size !== null) checkPictureSize(size.width, size.height, 'A WebP');
  let decoded: DecodedWebp | null;
  try {
    decoded = decoder.use(
      (codec) => codec.decode(file),
      'await openImage(…) reads it; after await loadDecoder(bytes), decodeImage does, too',
    );
  } catch (error) {
    // The machine code stops, or has no memory.
    if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) throw error;
    throw damaged(`The WebP cannot be decoded (${error.message}).`);
  }
  if (decoded === null) throw damaged('The WebP is damaged, or ends within its pixels.');
  return decoded;
}

/** On a canvas that is black and clear elsewhere. */
function placed(
  { data }: DecodedWebp,
  { left, top, width, height }: WebpFrame,
  canvas: { readonly width: number; readonly height: number },
): DecodedWebp {
  const out = new Uint8ClampedArray(4 * canvas.width * canvas.height);
  for (let row = 0; row < height; row++) {
    const line = data.subarray(4 * row * width, 4 * (row + 1) * width);
    out.set(line, 4 * ((top + row) * canvas.width + left));
  }
  return { ...canvas, data: out };
}

function pictureOf({ width, height, data: rgba }: DecodedWebp, keepsAlpha: boolean): Picture {
  const count = width * height;
  const data = new Uint8Array(3 * count);
  const alpha = new Uint8Array(keepsAlpha ? count : 0);
  let opaque = true;
  for (let i = 0, from = 0, to = 0; i < count; i++, from += 4, to += 3) {
    data[to] = rgba[from];
    data[to + 1] = rgba[from + 1];
    data[to + 2] = rgba[from + 2];
    if (!keepsAlpha) continue;
    alpha[i] = rgba[from + 3];
    opaque &&= alpha[i] === 255;
  }
  return opaque ? { width, height, data } : { width, height, data, alpha };
}
