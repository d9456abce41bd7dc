import { type DecodeOptions, decodeRows } from '../image/formats.js';
import type { PictureFile } from '../image/pictureFile.js';
import { type PipelineOptions, type Prepared, RowPreparation } from './pipeline.js';

/**
 * A picture file ready for the network: resized and cropped as it is decoded. Its code has to be loaded (`loadDecoder`).
 * @throws ImageError as `decodeImage` and `prepare`.
 */
export function prepareBytes(
  bytes: PictureFile,
  options: DecodeOptions,
  pipeline: PipelineOptions,
): { readonly prepared: Prepared; readonly size: readonly [width: number, height: number] } {
  const preparation = new RowPreparation(pipeline);
  decodeRows(bytes, preparation.begin, options);
  const prepared = preparation.prepared();
  const { width, height } = preparation.size;
  return { prepared, size: [width, height] };
}
