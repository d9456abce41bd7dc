import type { PlainValue } from '../../pth/plainValue.js';
import type { TraitOptions, ValueRange } from '../family.js';

const RANGES: ReadonlyMap<PlainValue | undefined, ValueRange> = new Map<PlainValue, ValueRange>([
  ['NominalRange_0_255', [0, 255]],
  ['Normalized_0_1', [0, 1]],
  ['Normalized_1_1', [-1, 1]],
]);

/**
 * What a model's metadata say of its pictures, by the names that ONNX has for that.
 * @see https://github.com/onnx/onnx/blob/main/docs/MetadataProps.md
 */
export function imageMetadata(extras: ReadonlyMap<string, PlainValue>): TraitOptions {
  const inputRange = RANGES.get(extras.get('Image.NominalPixelRange'));
  const isBgr = extras.get('Image.BitmapPixelFormat') === 'Bgr8';
  return {
    ...(inputRange === undefined ? {} : { inputRange }),
    ...(isBgr ? { channelOrder: 'bgr' } : {}),
  };
}
