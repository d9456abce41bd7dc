// `cyclegan-ts/image`: pictures, and tensors of them.
export type { ByteSink } from './byteSink.js';
export { compose, toImage, toTensor } from './convert.js';
export { centerCrop } from './crop.js';
export {
  type DecodeOptions,
  decodeImage,
  decodeRows,
  type EncodeOptions,
  encodeImage,
  encodeRows,
  type ImageSource,
  imageSize,
  loadDecoder,
  loadEncoder,
  type OpenImageOptions,
  openImage,
  saveImage,
  writeRows,
} from './formats.js';
export type { DecodeNote, NoteOptions } from './note.js';
export { ImageError, type Picture, setMaxPixels } from './picture.js';
export type { PictureFile } from './pictureFile.js';
export type {
  BitmapLike,
  CanvasLike,
  PictureInput,
  PixelData,
} from './pictureInput.js';
export { type Interpolation, type ResizeOptions, resize } from './resize/resize.js';
export { resizeRows } from './resize/resizeRows.js';
export type { ResizeTarget } from './resize/target.js';
export type { BeginRows, PutRow, RowEncoder, RowHead, RowWriter } from './rows.js';
export { type ImageDataLike, toImageData } from './toImageData.js';
