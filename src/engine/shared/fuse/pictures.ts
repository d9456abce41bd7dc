import type { Shape } from '../../../tensor/shape.js';

/** Batched or not; or `[N, C]`. */
export function isPicture(shape: Shape, vectors: boolean): boolean {
  return shape.length === 3 || shape.length === 4 || (vectors && shape.length === 2);
}

/** Which of a picture's dimensions are channels. */
export function channelAxis(shape: Shape): number {
  return shape.length === 2 ? 1 : shape.length - 3;
}

/** Pictures of a batch; `[C, H, W]` is one, and `[N, C]` N of a pixel. */
export function picturesOf({ shape }: { readonly shape: Shape }): number {
  return shape.length === 4 || shape.length === 2 ? shape[0] : 1;
}
