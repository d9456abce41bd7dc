import type { PngHeader } from './header.js';
import { sampleAt } from './pixels.js';

/**
 * Writes the alpha of one unfiltered row, a value every `step` bytes from `to` on: the alpha channel's (of 16 bits the
 * high byte), or what the tRNS chunk says of a colour. What has neither is opaque.
 *
 * @param transparency The tRNS chunk's content; empty where there is none.
 */
export function expandAlphaRow(
  line: Uint8Array,
  width: number,
  { colour, channels, depth }: PngHeader,
  transparency: Uint8Array,
  out: Uint8Array,
  to: number,
  step: number,
): void {
  if (colour === 'greyAlpha' || colour === 'rgba') {
    const sample = depth / 8;
    const pixel = channels * sample;
    for (let x = 0; x < width; x++) out[to + x * step] = line[(x + 1) * pixel - sample];
  } else if (colour === 'palette') {
    for (let x = 0; x < width; x++) {
      out[to + x * step] = transparency[sampleAt(line, x, depth)] ?? 255;
    }
  } else if (transparency.length === 2 * channels) {
    // One colour is transparent: a tRNS value has 16 bits, whatever the depth.
    for (let x = 0; x < width; x++) {
      let same = true;
      for (let c = 0; c < channels; c++) {
        const wanted = (transparency[2 * c] << 8) | transparency[2 * c + 1];
        same &&= sampleAt(line, x * channels + c, depth) === wanted;
      }
      out[to + x * step] = same ? 0 : 255;
    }
  } else {
    for (let x = 0; x < width; x++) out[to + x * step] = 255;
  }
}
