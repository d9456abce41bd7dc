/** How the stage looks at a picture: enlarged by `scale` about its middle, then moved by `x` and `y` CSS pixels. */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** Of the stage, in CSS pixels. */
export interface Stage {
  readonly width: number;
  readonly height: number;
}

export const WHOLE: View = { scale: 1, x: 0, y: 0 };
export const MAX_SCALE = 32;

/** @param x From the middle of the stage. What lies there stays there. */
export function zoomAt({ scale, x: left, y: top }: View, by: number, x: number, y: number): View {
  const next = Math.min(MAX_SCALE, Math.max(1, scale * by));
  const ratio = next / scale;
  return { scale: next, x: x - (x - left) * ratio, y: y - (y - top) * ratio };
}

export function panBy({ scale, x, y }: View, dx: number, dy: number): View {
  return { scale, x: x + dx, y: y + dy };
}

/** No further than to where the picture's edge meets the stage's. */
export function within({ scale, x, y }: View, { width, height }: Stage): View {
  const limit = (side: number) => (side * (scale - 1)) / 2;
  const clamp = (value: number, most: number) => Math.min(most, Math.max(-most, value));
  return { scale, x: clamp(x, limit(width)), y: clamp(y, limit(height)) };
}
