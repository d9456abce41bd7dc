import { CycleganError } from '../../errors.js';
import { throwIfAborted } from '../../platform/abortion.js';
import { prefetchMap } from '../../platform/prefetchMap.js';
import { sha256 } from '../../platform/sha256.js';
import type { AbortSignalLike } from '../../platform/webTypes.js';
import { type PictureFolder, picturePath } from './pictureFolders.js';
import type { CheckedPicture } from './pictureTasks.js';
import type { PictureReader } from './pictureThread.js';

export interface CheckedFolder {
  /** Of all names and contents: it changes when a picture is added, taken away, renamed or edited. */
  readonly fingerprint: string;
  /** Sizes by the place in `names`; `null` where nothing was decoded. */
  readonly sizes: readonly CheckedPicture['size'][];
}

export interface CheckOptions {
  /** Whether every picture is decoded, so that a damaged one is told of before the training and not in the middle of it. */
  readonly decode: boolean;
  /** How many are under way at once. */
  readonly atOnce: number;
  readonly onPicture: () => void;
  readonly signal?: AbortSignalLike;
}

/** So many names stand in one message. */
const MAX_TOLD = 5;

/** @throws CycleganError `ERR_TRAIN_DATA` with the pictures that cannot be read, and why. */
export async function checkFolder(
  folder: PictureFolder,
  reader: PictureReader,
  { decode, atOnce, onPicture, signal }: CheckOptions,
): Promise<CheckedFolder> {
  const lines: string[] = [];
  const sizes: CheckedPicture['size'][] = [];
  const failures: string[] = [];
  const checks = prefetchMap(folder.names.keys(), atOnce, (index) =>
    reader.check(picturePath(folder, index), decode),
  );
  for await (const outcome of checks) {
    throwIfAborted(signal);
    onPicture();
    if ('error' in outcome) {
      if (!(outcome.error instanceof CycleganError)) throw outcome.error;
      failures.push(outcome.error.message);
      continue;
    }
    sizes.push(outcome.result.size);
    lines.push(`${outcome.result.sha256} ${JSON.stringify(folder.names[outcome.item])}\n`);
  }
  if (failures.length > 0) throw unreadable(folder, failures);
  return { fingerprint: sha256(new TextEncoder().encode(lines.join(''))), sizes };
}

function unreadable({ folder, names }: PictureFolder, failures: readonly string[]): CycleganError {
  const more = failures.length - MAX_TOLD;
  return new CycleganError(
    'ERR_TRAIN_DATA',
    [
      `${folder}: ${failures.length} of ${names.length} pictures cannot be read; repair them, or take them out.`,
      ...failures.slice(0, MAX_TOLD).map((failure) => `  ${failure}`),
      ...(more > 0 ? [`  and ${more} more`] : []),
    ].join('\n'),
  );
}
