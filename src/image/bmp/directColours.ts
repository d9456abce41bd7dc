import type { BmpHeader } from './bmpHeader.js';

/** One part of a pixel's number: shifted down, masked, scaled to 255. */
interface Part {
  readonly shift: number;
  readonly max: number;
}

/**
 * The colours of pixels of 16, 24 or 32 bits, rows from above.
 * @param rowBytes From one row of the file to the next.
 */
export function directColours(
  pixels: Uint8Array,
  rowBytes: number,
  { width, height, bits, masks, topDown }: BmpHeader,
  wantsAlpha: boolean,
): { data: Uint8Array; alpha?: Uint8Array } {
  const data = new Uint8Array(width * height * 3);
  const [red, green, blue, opacity] = [masks.red, masks.green, masks.blue, masks.alpha].map(partOf);
  const alpha = wantsAlpha && masks.alpha !== 0 ? new Uint8Array(width * height) : undefined;
  const pixelBytes = bits / 8;
  const places = [red, green, blue].map(({ shift, max }) => (max === 255 ? shift / 8 : Number.NaN));
  if (pixelBytes > 2 && alpha === undefined && places.every(Number.isInteger)) {
    copyBytes(pixels, { rowBytes, pixelBytes, places }, { width, height, topDown }, data);
    return { data };
  }
  for (let row = 0; row < height; row++) {
    let at = (topDown ? row : height - 1 - row) * rowBytes;
    let to = row * width;
    for (let x = 0; x < width; x++, at += pixelBytes, to++) {
      let number = pixels[at] | (pixels[at + 1] << 8);
      if (pixelBytes > 2) number |= pixels[at + 2] << 16;
      if (pixelBytes > 3) number |= pixels[at + 3] << 24;
      data[to * 3] = scaled(number, red);
      data[to * 3 + 1] = scaled(number, green);
      data[to * 3 + 2] = scaled(number, blue);
      if (alpha !== undefined) alpha[to] = scaled(number, opacity);
    }
  }
  return alpha === undefined ? { data } : { data, alpha };
}

/** Where each part is a byte by itself, which it is nearly always. */
function copyBytes(
  pixels: Uint8Array,
  { rowBytes, pixelBytes, places }: { rowBytes: number; pixelBytes: number; places: number[] },
  { width, height, topDown }: Pick<BmpHeader, 'width' | 'height' | 'topDown'>,
  data: Uint8Array,
): void {
  const [red, green, blue] = places;
  for (let row = 0, to = 0; row < height; row++) {
    let at = (topDown ? row : height - 1 - row) * rowBytes;
    for (let x = 0; x < width; x++, at += pixelBytes, to += 3) {
      data[to] = pixels[at + red];
      data[to + 1] = pixels[at + green];
      data[to + 2] = pixels[at + blue];
    }
  }
}

function scaled(number: number, { shift, max }: Part): number {
  if (max === 0) return 0;
  const value = ((number >>> shift) & max) >>> 0;
  return max === 255 ? value : Math.floor((value * 255) / max);
}

/** A mask is a run of ones; of what has gaps, all from its lowest to its highest bit. */
function partOf(mask: number): Part {
  if (mask === 0) return { shift: 0, max: 0 };
  const shift = 31 - Math.clz32(mask & -mask);
  const bits = 32 - Math.clz32(mask >>> shift);
  return { shift, max: bits === 32 ? 0xffffffff : 2 ** bits - 1 };
}
