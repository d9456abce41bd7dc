import type { PutRow } from '../rows.js';

/**
 * Halves a picture row by row: each pixel is the mean of two by two, rounded half up; beyond an odd side, the last is taken once more.
 * @param put Takes the smaller rows.
 */
export function halveRows(width: number, height: number, hasAlpha: boolean, put: PutRow): PutRow {
  const half = Math.ceil(width / 2);
  const upper = new Uint8Array(3 * width);
  const upperAlpha = new Uint8Array(hasAlpha ? width : 0);
  const out = new Uint8Array(3 * half);
  const outAlpha = hasAlpha ? new Uint8Array(half) : undefined;
  let y = 0;
  return (rgb, alpha) => {
    const isUpper = y % 2 === 0;
    y++;
    if (isUpper) {
      upper.set(rgb.subarray(0, 3 * width));
      if (alpha !== undefined && hasAlpha) upperAlpha.set(alpha.subarray(0, width));
      if (y < height) return;
    }
    averageRows(upper, rgb, width, 3, out);
    if (outAlpha !== undefined) averageRows(upperAlpha, alpha ?? upperAlpha, width, 1, outAlpha);
    put(out, outAlpha);
  };
}

function averageRows(
  upper: Uint8Array,
  lower: Uint8Array,
  width: number,
  channels: number,
  out: Uint8Array,
): void {
  for (let x = 0, to = 0; x < width; x += 2) {
    const left = x * channels;
    const right = Math.min(x + 1, width - 1) * channels;
    for (let c = 0; c < channels; c++, to++) {
      out[to] = (upper[left + c] + upper[right + c] + lower[left + c] + lower[right + c] + 2) >> 2;
    }
  }
}
