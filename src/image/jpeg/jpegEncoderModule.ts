/**
 * The encoder of the package `jpeg-js`. A build puts the package's code in the place of this file (`scripts/jpegModule.mjs`): it is
 * CommonJS and calls `Buffer` by its bare name, which pages without a bundler, and some bundlers, cannot have.
 */
import jpeg from 'jpeg-js';

interface Rgba {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export const encode: (picture: Rgba, quality: number) => { readonly data: Uint8Array } =
  jpeg.encode;
