import type { YcbcrLayout } from './tiffLayout.js';

/** Writes the colour of a luma and two chroma samples. */
export type YcbcrToRgb = (
  luma: number,
  blue: number,
  red: number,
  out: Uint8Array | Uint8ClampedArray,
  to: number,
) => void;

/**
 * YCbCr to RGB by whatever factors and ranges the file states, in 16 bits behind the point, as libtiff computes them.
 * @see TIFF 6.0, section 21
 */
export function ycbcrToRgb({ luma, reference }: YcbcrLayout): YcbcrToRgb {
  const [lumaRed, lumaGreen, lumaBlue] = luma;
  const redRange = 2 - 2 * lumaRed;
  const blueRange = 2 - 2 * lumaBlue;
  const redByRed = fixed(redRange);
  const greenByRed = -fixed((lumaRed * redRange) / lumaGreen);
  const blueByBlue = fixed(blueRange);
  const greenByBlue = -fixed((lumaBlue * blueRange) / lumaGreen);
  const half = 1 << 15;
  const y = levels(reference[0], reference[1], 255, 0);
  const cb = levels(reference[2], reference[3], 127, 128);
  const cr = levels(reference[4], reference[5], 127, 128);
  return (lumaSample, blueSample, redSample, out, to) => {
    const light = y[lumaSample];
    const [b, r] = [cb[blueSample], cr[redSample]];
    const green = light + ((greenByBlue * b + half + greenByRed * r) >> 16);
    out[to] = clamp(light + ((redByRed * r + half) >> 16));
    out[to + 1] = clamp(green);
    out[to + 2] = clamp(light + ((blueByBlue * b + half) >> 16));
  };
}

function fixed(factor: number): number {
  return Math.floor(Math.min(2, Math.max(0, factor)) * 65_536 + 0.5);
}

/** What each byte stands for, of which `black` is none and `white` is `range`; chroma lies around its middle. */
function levels(black: number, white: number, range: number, middle: number): Int32Array {
  const most = middle === 0 ? Number.MAX_SAFE_INTEGER : 4096;
  const span = white - black === 0 ? 1 : white - black;
  return Int32Array.from({ length: 256 }, (_, byte) => {
    const value = Math.fround(Math.fround((byte - Math.trunc(black)) * range) / Math.fround(span));
    return Math.min(most, Math.max(-most, Math.trunc(value)));
  });
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
