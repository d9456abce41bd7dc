/** libwebp's encoder; see `webpDecoderModule.ts`. */
import encoder from '@jsquash/webp/codec/enc/webp_enc_simd.js';
import { packageFile } from '../../platform/packageFile.js';
import type { CodecFactory, WebpEncoder } from './codec.js';

export const factory = encoder as CodecFactory<WebpEncoder>;

export function machineCode(): Promise<Uint8Array> {
  return packageFile('@jsquash/webp/codec/enc/webp_enc_simd.wasm');
}
