import jpeg from 'jpeg-js';
import type { Picture } from '../picture.js';

/**
 * Encodes a baseline JPEG, 4:4:4.
 * @param quality 1 to 100.
 */
export function encodeJpeg({ width, height, data }: Picture, quality: number): Uint8Array {
  const rgba = withAlpha(data);
  return withBuffer(() =>
    Uint8Array.from(jpeg.encode({ width, height, data: rgba }, quality).data),
  );
}

/**
 * jpeg-js 0.4 makes its result by Node's `Buffer.from`, in a browser, too. Where there is none, the call
 * gets one for as long as it lasts; it does not pause, so nobody else sees it.
 */
function withBuffer<T>(action: () => T): T {
  if (typeof globalThis.Buffer !== 'undefined') return action();
  const scope = globalThis as { Buffer?: unknown };
  scope.Buffer = Uint8Array;
  try {
    return action();
  } finally {
    delete scope.Buffer;
  }
}

function withAlpha(rgb: Uint8Array): Uint8Array {
  const out = new Uint8Array((rgb.length / 3) * 4);
  for (let i = 0, to = 0; i < rgb.length; i += 3, to += 4) {
    out[to] = rgb[i];
    out[to + 1] = rgb[i + 1];
    out[to + 2] = rgb[i + 2];
    out[to + 3] = 255;
  }
  return out;
}
