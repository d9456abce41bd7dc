import { ImageError } from '../image/picture.js';
import { isPng } from '../image/png/chunks.js';

/**
 * The address of a picture that lies in the page itself.
 * @param name What the picture is called in messages.
 * @throws ImageError `ERR_IMAGE_FORMAT` when the bytes are neither JPEG nor PNG.
 */
export function dataUrl(name: string, bytes: Uint8Array): string {
  return `data:${mediaType(name, bytes)};base64,${base64(bytes)}`;
}

/** More arguments than this, some engines refuse. A multiple of three, so that pieces need no padding. */
const PIECE = 0x6000;

function base64(bytes: Uint8Array): string {
  const { Buffer: NodeBuffer } = globalThis as { Buffer?: typeof globalThis.Buffer };
  if (NodeBuffer !== undefined) {
    return NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
  }
  let text = '';
  for (let i = 0; i < bytes.length; i += PIECE) {
    text += btoa(String.fromCharCode(...bytes.subarray(i, i + PIECE)));
  }
  return text;
}

function mediaType(name: string, bytes: Uint8Array): string {
  if (isPng(bytes)) return 'image/png';
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'image/jpeg';
  throw new ImageError('ERR_IMAGE_FORMAT', `${name}: a page shows PNG and JPEG alone.`);
}
