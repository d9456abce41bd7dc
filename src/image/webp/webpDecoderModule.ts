/**
 * libwebp's decoder, from the package `@jsquash/webp`. A build puts the package's module and its machine code in the place of this
 * file (`scripts/webpModules.mjs`), so that neither package nor file is looked for at run time.
 */
import decoder from '@jsquash/webp/codec/dec/webp_dec.js';
import { packageFile } from '../../platform/packageFile.js';
import type { CodecFactory, WebpDecoder } from './codec.js';

export const factory = decoder as CodecFactory<WebpDecoder>;

export function machineCode(): Promise<Uint8Array> {
  return packageFile('@jsquash/webp/codec/dec/webp_dec.wasm');
}
