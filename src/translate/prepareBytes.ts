import { type DecodeOptions, decodeRows } from '../image/formats.js';
import type { Picture } from '../image/picture.js';
import type { PictureFile } from '../image/pictureFile.js';
import { type PictureRows, RowCollector, type RowSink } from '../image/rows.js';
import { type PipelineOptions, type Prepared, RowPreparation } from './pipeline.js';

export interface PreparedBytes<S extends Picture | PictureRows> {
  readonly prepared: Prepared<S>;
  /** Of the picture as it came. */
  readonly size: readonly [width: number, height: number];
}

/**
 * A picture file ready for the network: resized and cropped as it is decoded. Its code has to be loaded (`loadDecoder`).
 * @throws ImageError as `decodeImage` and `prepare`.
 */
export function prepareBytes(
  bytes: PictureFile,
  options: DecodeOptions,
  pipeline: PipelineOptions,
): PreparedBytes<Picture> {
  return prepareRows(bytes, options, pipeline, new RowCollector());
}

/** The same wherever its rows go. */
export function prepareRows<S extends Picture | PictureRows>(
  bytes: PictureFile,
  options: DecodeOptions,
  pipeline: PipelineOptions,
  sized: RowSink<S>,
): PreparedBytes<S> {
  const preparation = new RowPreparation(pipeline, sized);
  decodeRows(bytes, preparation.begin, options);
  const prepared = preparation.prepared();
  const { width, height } = preparation.size;
  return { prepared, size: [width, height] };
}
