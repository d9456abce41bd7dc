import { mixInks } from '../inks.js';
import { fullPalette } from '../palette.js';
import type { TiffLayout } from './tiffLayout.js';
import { ycbcrToRgb } from './ycbcr.js';

/** Writes `width` pixels of RGB at `to` from their samples, a byte each. */
export type PaintRow = (samples: Uint8Array, width: number, out: Uint8Array, to: number) => void;

/** How pixels of such samples are made. */
export function painterOf(layout: TiffLayout): PaintRow {
  const { colours, samples: step, alpha, palette, ycbcr } = layout;
  switch (colours) {
    case 'rgb':
      return alpha === 'associated' ? paintAssociated(layout) : paintRgb(step);
    case 'cmyk':
      return (samples, width, out, to) => {
        for (let x = 0, at = 0; x < width; x++, at += step, to += 3) mixInks(samples, at, out, to);
      };
    case 'ycbcr': {
      const convert = ycbcrToRgb(ycbcr);
      return (samples, width, out, to) => {
        for (let x = 0, at = 0; x < width; x++, at += step, to += 3) {
          convert(samples[at], samples[at + 1], samples[at + 2], out, to);
        }
      };
    }
    case 'palette':
      return paintTable(fullPalette(palette), step);
    case 'whiteIsZero':
    case 'blackIsZero': {
      // Pillow takes floating-point numbers for what they are, whichever of both is zero.
      const inverted = colours === 'whiteIsZero' && layout.sampleFormat !== 'float';
      const shade = (i: number) => (inverted ? 255 - i : i);
      return paintTable(
        Uint8Array.from({ length: 768 }, (_, i) => shade(Math.floor(i / 3))),
        step,
      );
    }
  }
}

function paintRgb(step: number): PaintRow {
  return (samples, width, out, to) => {
    if (step === 3) {
      out.set(samples.subarray(0, 3 * width), to);
      return;
    }
    for (let x = 0, at = 0; x < width; x++, at += step, to += 3) {
      out[to] = samples[at];
      out[to + 1] = samples[at + 1];
      out[to + 2] = samples[at + 2];
    }
  };
}

/** Colours that were multiplied by alpha are divided by it, and rounded down. */
function paintAssociated({ samples: step }: TiffLayout): PaintRow {
  return (samples, width, out, to) => {
    for (let x = 0, at = 0; x < width; x++, at += step) {
      const alpha = samples[at + 3];
      for (let part = 0; part < 3; part++) {
        const value = samples[at + part];
        out[to++] = alpha === 0 ? 0 : Math.min(255, Math.floor((255 * value) / alpha));
      }
    }
  };
}

/** The first sample's colour in a table. */
function paintTable(table: Uint8Array, step: number): PaintRow {
  return (samples, width, out, to) => {
    for (let x = 0, at = 0; x < width; x++, at += step, to += 3) {
      const from = 3 * samples[at];
      out[to] = table[from];
      out[to + 1] = table[from + 1];
      out[to + 2] = table[from + 2];
    }
  };
}
