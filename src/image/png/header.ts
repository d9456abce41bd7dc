import type { Damage } from './damage.js';

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  readonly colour: ColourType;
  readonly channels: number;
  readonly bitsPerPixel: number;
  /** Bytes per pixel, at least 1: the distance that row filters look back. */
  readonly pixelBytes: number;
  readonly interlaced: boolean;
}

export type ColourType = 'grey' | 'rgb' | 'palette' | 'greyAlpha' | 'rgba';

interface Colour {
  readonly type: ColourType;
  readonly channels: number;
  readonly depths: readonly number[];
}

const COLOURS: ReadonlyMap<number, Colour> = new Map([
  [0, { type: 'grey', channels: 1, depths: [1, 2, 4, 8, 16] }],
  [2, { type: 'rgb', channels: 3, depths: [8, 16] }],
  [3, { type: 'palette', channels: 1, depths: [1, 2, 4, 8] }],
  [4, { type: 'greyAlpha', channels: 2, depths: [8, 16] }],
  [6, { type: 'rgba', channels: 4, depths: [8, 16] }],
]);

const HEADER_BYTES = 13;

/** @param content Of the IHDR chunk at `at`. @throws ImageError for what no PNG can be. */
export function readHeader(content: Uint8Array, at: number, damage: Damage): PngHeader {
  if (content.length < HEADER_BYTES) damage.refuse('ERR_PNG', 'has a header cut short', at);
  if (content.length > HEADER_BYTES) damage.note('ERR_PNG', 'has a header that is too long', at);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const [depth, colourType, compression, filter, interlace] = content.subarray(8);
  const colour = COLOURS.get(colourType);
  if (colour === undefined) damage.refuse('ERR_PNG', `has unknown colour type ${colourType}`, at);
  if (!colour.depths.includes(depth)) {
    damage.refuse('ERR_PNG', `has ${depth} bits a sample, which ${colour.type} cannot have`, at);
  }
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    const what = `has unknown compression ${compression}, filter ${filter} or interlacing ${interlace}`;
    damage.refuse('ERR_PNG', what, at);
  }
  const bitsPerPixel = depth * colour.channels;
  return {
    width: view.getUint32(0),
    height: view.getUint32(4),
    depth,
    colour: colour.type,
    channels: colour.channels,
    bitsPerPixel,
    pixelBytes: Math.max(1, bitsPerPixel / 8),
    interlaced: interlace === 1,
  };
}
