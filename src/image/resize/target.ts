import { describeValue } from '../describe.js';
import { ImageError } from '../picture.js';

/**
 * The short side, as torchvision's `Resize(256)`; both sides exactly; or the width alone, with the height following
 * (`scale_width` of the CycleGAN authors).
 */
export type ResizeTarget = number | { readonly width: number; readonly height?: number };

/**
 * Not every caller has a compiler that checks.
 * @throws ImageError `ERR_RESIZE`, which names the value and tells what is taken.
 */
export function checkResizeTarget(target: unknown): void {
  if (isSide(target)) return;
  if (typeof target === 'object' && target !== null && !Array.isArray(target)) {
    const { width, height } = target as { width?: unknown; height?: unknown };
    if (isSide(width) && (height === undefined || isSide(height))) return;
  }
  const meant = meaningOf(target);
  throw new ImageError(
    'ERR_RESIZE',
    `resize: a number (the short side), { width, height }, { width } or, in translate, null (the picture as it is) is taken, of whole numbers from 1 up, but got ${describeValue(target)}${meant === null ? '' : `; ${meant} is meant, perhaps`}.`,
  );
}

function isSide(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1;
}

/** The command spells the same things as text. */
function meaningOf(target: unknown): string | null {
  if (typeof target !== 'string') return null;
  if (target === 'none') return 'null';
  const [, byWidth, side, width, height] =
    /^(?:(scale-width:)?(\d{1,5})|(\d{1,5})x(\d{1,5}))$/.exec(target) ?? [];
  if (byWidth !== undefined) return `{ width: ${Number(side)} }`;
  if (side !== undefined) return String(Number(side));
  return width === undefined ? null : `{ width: ${Number(width)}, height: ${Number(height)} }`;
}
