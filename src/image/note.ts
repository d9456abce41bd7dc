import type { ErrorCode } from '../errorCodes.js';
import { ImageError } from './picture.js';

/** What a reader of a picture was told beside its pixels. */
export interface DecodeNote {
  /** `damaged`: the file is, but its pixels are what Pillow makes of it. `turned`: EXIF or XMP says that it lies on its side. */
  readonly kind: 'damaged' | 'turned';
  /** A sentence without the file's name. */
  readonly message: string;
}

export interface NoteOptions {
  /** Whether damage that Pillow reads over is refused. Default: false, it is noted. */
  readonly strict?: boolean;
  /** Called for each thing worth telling, while the picture is decoded. */
  readonly onNote?: (note: DecodeNote) => void;
}

/**
 * For damage that Pillow reads over: it is noted, or refused with `strict`.
 * @param problem A sentence: what is wrong, where, and what was made of it.
 * @throws ImageError with `code` when `strict` is set.
 */
export function noteDamage(
  code: ErrorCode,
  problem: string,
  { strict = false, onNote }: NoteOptions,
): void {
  if (strict) throw new ImageError(code, problem);
  onNote?.({ kind: 'damaged', message: problem });
}
