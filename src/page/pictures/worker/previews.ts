import { encodeImage } from '../../../image/formats.js';
import type { Picture } from '../../../image/picture.js';
import { toImageData } from '../../../image/toImageData.js';

/** A picture for the page to show, without loss; by the browser's own encoder where there is one, which is faster. */
export async function pngOf(picture: Picture): Promise<Blob> {
  const { width, height } = picture;
  const context = canvas(width, height)?.getContext('2d');
  if (context === null || context === undefined || picture.alpha !== undefined) {
    const bytes = encodeImage(picture, 'picture.png') as Uint8Array<ArrayBuffer>;
    return new Blob([bytes], { type: 'image/png' });
  }
  context.putImageData(toImageData(picture) as ImageData, 0, 0);
  return context.canvas.convertToBlob({ type: 'image/png' });
}

function canvas(width: number, height: number): OffscreenCanvas | null {
  return typeof OffscreenCanvas === 'undefined' ? null : new OffscreenCanvas(width, height);
}
