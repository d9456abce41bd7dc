import type { Size } from '../pictures/shared.js';

export interface ZipCall {
  readonly files: readonly { readonly name: string; readonly file: Blob }[];
}

export interface GalleryCall {
  readonly title: string;
  readonly details: readonly string[];
  readonly summary: string;
  readonly entries: readonly GalleryPicture[];
}

export interface GalleryPicture {
  readonly name: string;
  readonly inputSize: Size;
  readonly outputSize: Size;
  readonly milliseconds: number;
  /** What the network saw, as PNG. */
  readonly before: Blob;
  /** What was made of it, as PNG or JPEG. */
  readonly after: Blob;
}

/** How many are packed. */
export interface PackProgress {
  readonly done: number;
  readonly total: number;
}
