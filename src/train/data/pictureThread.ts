import type { Picture } from '../../image/picture.js';
import { isThreadFor, serveTasks, ThreadPool } from '../../platform/threadPool.js';
import type { UrlLike } from '../../platform/webTypes.js';
import {
  type CheckedPicture,
  type PictureResult,
  type PictureTask,
  runPictureTask,
} from './pictureTasks.js';
import type { TransformOptions } from './transform.js';

const ROLE = 'cyclegan training pictures';

/** Reads pictures, several at once. */
export interface PictureReader {
  /** @throws CycleganError, naming the file. */
  load(path: string, options: TransformOptions, draws: readonly number[]): Promise<Picture>;
  /**
   * @param decode Whether all of the file is looked at.
   * @throws CycleganError, naming the file.
   */
  check(path: string, decode: boolean): Promise<CheckedPicture>;
  end(): void;
}

/**
 * @param threads With 0, this thread does it.
 * @param file The program file that threads run, which has to call `servePictureTasks` where `isPictureTaskThread` tells; `null`
 * where there is none, and this thread does it.
 */
export function startPictureReader(
  threads: number,
  file: UrlLike | null = ownFile(),
): PictureReader {
  const pool =
    threads > 0 && file !== null
      ? new ThreadPool<PictureTask, PictureResult>(
          threads,
          new URL(file.href),
          ROLE,
          runPictureTask,
        )
      : null;
  const run = (task: PictureTask) => (pool === null ? runPictureTask(task) : pool.ask(task));
  return {
    load: async (path, options, draws) =>
      (await run({ kind: 'load', path, options, draws })) as Picture,
    check: async (path, decode) => (await run({ kind: 'check', path, decode })) as CheckedPicture,
    end: () => pool?.end(),
  };
}

/** In the build for Node, whose files hold many of these: the one that threads run, beside it. */
declare const CYCLEGAN_PICTURE_THREAD: string | undefined;

/** This file, where it is one: in a bundle of somebody's program, threads would run all of that. */
function ownFile(): URL | null {
  const { url } = import.meta;
  if (/^file:.*\/train\/data\/pictureThread\.js$/.test(url)) return new URL(url);
  if (typeof CYCLEGAN_PICTURE_THREAD === 'undefined') return null;
  return /^file:.*\/cyclegan-ts-[0-9A-Z]{8}\.js$/.test(url)
    ? new URL(CYCLEGAN_PICTURE_THREAD, url)
    : null;
}

export function isPictureTaskThread(): boolean {
  return isThreadFor(ROLE);
}

/** What such a thread does. */
export function servePictureTasks(): void {
  serveTasks(runPictureTask, (result) =>
    'data' in result ? [result.data.buffer as ArrayBuffer] : [],
  );
}

if (ownFile() !== null && isPictureTaskThread()) servePictureTasks();
