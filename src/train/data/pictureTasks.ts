import { decodeImage, loadDecoder } from '../../image/formats.js';
import { ImageError, type Picture } from '../../image/picture.js';
import { readFileBytes } from '../../platform/files.js';
import { sha256 } from '../../platform/sha256.js';
import { type TransformOptions, transform } from './transform.js';

/** What is done with one picture file. */
export type PictureTask =
  | {
      readonly kind: 'load';
      readonly path: string;
      readonly options: TransformOptions;
      readonly draws: readonly number[];
    }
  | { readonly kind: 'check'; readonly path: string; readonly decode: boolean };

export interface CheckedPicture {
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
  /** `null` where it was not decoded. */
  readonly size: { readonly width: number; readonly height: number } | null;
}

export type PictureResult = Picture | CheckedPicture;

/** @throws FileError or ImageError, naming the file. */
export async function runPictureTask(task: PictureTask): Promise<PictureResult> {
  const bytes = await readFileBytes(task.path, { regular: true });
  await loadDecoder(bytes);
  if (task.kind === 'load') {
    return naming(task.path, () => {
      const { width, height, data } = transform(decodeImage(bytes), task.options, task.draws);
      return { width, height, data };
    });
  }
  const digest = sha256(bytes);
  if (!task.decode) return { sha256: digest, size: null };
  const { width, height } = naming(task.path, () => decodeImage(bytes));
  return { sha256: digest, size: { width, height } };
}

function naming<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new ImageError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}
