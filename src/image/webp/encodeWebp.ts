import { ImageError, type Picture } from '../picture.js';
import { LazyCodec, type WebpEncoder } from './codec.js';

const encoder = new LazyCodec<WebpEncoder>(() => import('./webpEncoderModule.js'));
const MAX_SIDE = 16_383;

/** libwebp's defaults, as `WebPConfigInit` has them. */
const DEFAULTS = {
  target_size: 0,
  target_PSNR: 0,
  method: 4,
  sns_strength: 50,
  filter_strength: 60,
  filter_sharpness: 0,
  filter_type: 1,
  partitions: 0,
  segments: 4,
  pass: 1,
  show_compressed: 0,
  preprocessing: 0,
  autofilter: 0,
  partition_limit: 0,
  alpha_compression: 1,
  alpha_filtering: 1,
  alpha_quality: 100,
  lossless: 0,
  // Colours of pixels that are not seen are kept.
  exact: 1,
  image_hint: 0,
  emulate_jpeg_size: 0,
  thread_level: 0,
  low_memory: 0,
  near_lossless: 100,
  use_delta_palette: 0,
  use_sharp_yuv: 0,
};

export function loadWebpEncoder(): Promise<void> {
  return encoder.load();
}

/**
 * Encodes a lossy WebP, with alpha where the picture has some. It is libwebp that does it; `loadWebpEncoder` comes first.
 *
 * @param quality 1 to 100.
 * @throws ImageError `ERR_IMAGE_SIZE` for a side of more than 16383 pixels; `ERR_IMAGE_CODEC` without the encoder.
 */
export function encodeWebp(picture: Picture, quality: number): Uint8Array {
  const { width, height } = picture;
  if (Math.max(width, height) > MAX_SIDE) {
    throw new ImageError(
      'ERR_IMAGE_SIZE',
      `A WebP has sides of at most ${MAX_SIDE} pixels, but the picture has ${width} x ${height}.`,
    );
  }
  const file = encoder.use(
    (codec) => codec.encode(rgbaOf(picture), width, height, { ...DEFAULTS, quality }),
    'await saveImage(…) writes it; after await loadEncoder(name), encodeImage does, too',
  );
  if (file === null) throw new ImageError('ERR_WEBP', 'libwebp could not encode the picture.');
  return Uint8Array.from(file);
}

function rgbaOf({ width, height, data, alpha }: Picture): Uint8Array {
  const out = new Uint8Array(4 * width * height);
  for (let i = 0, from = 0, to = 0; i < width * height; i++, from += 3, to += 4) {
    out[to] = data[from];
    out[to + 1] = data[from + 1];
    out[to + 2] = data[from + 2];
    out[to + 3] = alpha === undefined ? 255 : alpha[i];
  }
  return out;
}
