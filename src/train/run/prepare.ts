import { CycleganError, ShapeError } from '../../errors.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { realPath } from '../../platform/files.js';
import type { FoundCheckpoint } from '../checkpoint/checkpointStore.js';
import { checkFolder } from '../data/fingerprint.js';
import type { PictureFolder } from '../data/pictureFolders.js';
import type { PictureReader } from '../data/pictureThread.js';
import { transformedSize } from '../data/transform.js';
import { changedSettings } from '../options/settings.js';
import type { TrainSettings } from '../options/trainOptions.js';
import type { TrainOptions } from './options.js';

/** The pictures of both domains. */
export interface Domains {
  readonly a: PictureFolder;
  readonly b: PictureFolder;
}

/** What a run needs to know of its pictures. */
export interface KnownPictures {
  readonly fingerprints: { readonly A: string; readonly B: string };
  /** As networks see them. */
  readonly height: number;
  readonly width: number;
}

/**
 * Refuses to go on with other options than the run has begun with.
 * @throws CycleganError `ERR_TRAIN_CHANGED`, which names all of them.
 */
export function refuseOtherOptions(
  { record }: FoundCheckpoint,
  settings: TrainSettings,
  options: TrainOptions,
): void {
  const { run } = options;
  const origin = originOf(options);
  const others = (['engine', 'init', 'epoch'] as const).map((name) => ({
    name,
    before: record[name],
    now: origin[name],
  }));
  const all = [
    ...changedSettings(record.settings, settings),
    ...others.filter(({ before, now }) => before !== now),
  ];
  if (all.length === 0) return;
  const list = all.map(
    ({ name, before, now }) => `${name} was ${shown(before)} and is ${shown(now)} now`,
  );
  throw new CycleganError(
    'ERR_TRAIN_CHANGED',
    `${run}: the run in this folder, which is at iteration ${record.iteration}, has other options: ${list.join('; ')}. Give it those that it has, or name another folder; --init takes its weights there.`,
  );
}

/**
 * Refuses a folder for the run that lies among the pictures: its samples would be trained on, and it could not go on, for the
 * pictures have changed.
 * @throws CycleganError `ERR_TRAIN_DATA`.
 */
export async function refuseRunAmongPictures(run: string, { a, b }: Domains): Promise<void> {
  const { isAbsolute, relative, sep } = requireBuiltin('path', 'Training');
  const place = await realPath(run);
  for (const { folder } of [a, b]) {
    const way = relative(await realPath(folder), place);
    // On another drive, the way is the whole path.
    if (isAbsolute(way) || way.split(sep)[0] === '..') continue;
    throw dataError(
      `${run}: the run would lie among the pictures of ${folder}, and its samples be trained on, too. Name a folder for it elsewhere.`,
    );
  }
}

/**
 * Says what a user can do where the networks' programs cannot be made for such pictures.
 * @throws CycleganError `ERR_TRAIN_NETWORK` for pictures that are too small, or need too much memory; what it was given otherwise.
 */
export function explainNoPrograms({ height, width }: KnownPictures, error: unknown): never {
  const what = `pictures of ${width} x ${height} pixels`;
  const isTooLarge = error instanceof CycleganError && error.code === 'ERR_TOO_LARGE';
  if (isTooLarge) {
    throw networkError(
      `Training these networks on ${what} needs too much memory: ${error.message} Smaller ones (cropSize), fewer at once (batchSize) or fewer channels (ngf, ndf) need less.`,
      error,
    );
  }
  if (!(error instanceof ShapeError)) throw error;
  throw networkError(
    `These networks cannot be trained on ${what}: ${error.message} Larger ones (cropSize), or discriminators that halve them less often (nLayersD), may do.`,
    error,
  );
}

function networkError(message: string, cause: unknown): CycleganError {
  return new CycleganError('ERR_TRAIN_NETWORK', message, { cause });
}

/** What a run has begun with, beside settings. */
export function originOf({ engine, init, epoch }: TrainOptions): {
  readonly engine: string | null;
  readonly init: string | null;
  readonly epoch: string | null;
} {
  return { engine: engine ?? null, init: init ?? null, epoch: epoch ?? null };
}

function shown(value: unknown): string {
  return value === null ? 'not given' : String(value).slice(0, 200);
}

/**
 * Looks at all pictures. Those of a new run are decoded, so that it does not fail in the middle of an epoch.
 *
 * @param found The checkpoint with which a run goes on.
 * @throws CycleganError `ERR_TRAIN_DATA` for pictures that cannot be read or do not come to one size; `ERR_TRAIN_CHANGED` for
 * other ones than the run has begun with.
 */
export async function lookAtPictures(
  domains: Domains,
  reader: PictureReader,
  settings: TrainSettings,
  found: FoundCheckpoint | null,
  {
    onPicture,
    signal,
    run,
    atOnce,
  }: Pick<TrainOptions, 'onPicture' | 'signal' | 'run'> & { atOnce: number },
): Promise<KnownPictures> {
  const { a, b } = domains;
  const total = a.names.length + b.names.length;
  let looked = 0;
  const options = {
    decode: found === null,
    atOnce,
    onPicture: () => onPicture?.(++looked, total),
    signal,
  };
  const [A, B] = [await checkFolder(a, reader, options), await checkFolder(b, reader, options)];
  const fingerprints = { A: A.fingerprint, B: B.fingerprint };
  if (found === null) return { fingerprints, ...commonSize(domains, [A.sizes, B.sizes], settings) };
  refuseOtherPictures(domains, found, fingerprints, run);
  const { height, width } = found.record;
  return { fingerprints, height, width };
}

function refuseOtherPictures(
  { a, b }: Domains,
  { record }: FoundCheckpoint,
  { A, B }: KnownPictures['fingerprints'],
  run: string,
): void {
  const changed = [
    ...(record.pictures.A === A ? [] : [a.folder]),
    ...(record.pictures.B === B ? [] : [b.folder]),
  ];
  if (changed.length === 0) return;
  throw new CycleganError(
    'ERR_TRAIN_CHANGED',
    `${run}: the run in this folder, which is at iteration ${record.iteration}, has begun with other pictures than ${changed.join(' and ')} ${changed.length === 1 ? 'holds' : 'hold'} now. Put back those that were there (names and contents count), or name another folder for a new run; --init takes its weights there.`,
  );
}

type Sizes = readonly ({ readonly width: number; readonly height: number } | null)[];

/** @throws CycleganError `ERR_TRAIN_DATA` for pictures that do not come to one size. */
function commonSize(
  { a, b }: Domains,
  sizes: readonly Sizes[],
  settings: TrainSettings,
): { readonly height: number; readonly width: number } {
  let first: { readonly name: string; readonly height: number; readonly width: number } | null =
    null;
  for (const [domain, folder] of [a, b].entries()) {
    for (const [i, size] of sizes[domain].entries()) {
      const name = `${folder.folder}/${folder.names[i]}`;
      if (size === null) continue;
      const { width, height } = sizeOf(name, size, settings);
      first ??= { name, width, height };
      if (width === first.width && height === first.height) continue;
      throw dataError(
        `${name} comes to ${width} x ${height} pixels, and ${first.name} to ${first.width} x ${first.height}; networks are trained with one size. A preprocess that crops (resize_and_crop, scale_width_and_crop, crop) gives it.`,
      );
    }
  }
  if (first === null) throw dataError('there are no pictures.');
  if (first.width % 4 === 0 && first.height % 4 === 0) return first;
  throw dataError(
    `${first.name} comes to ${first.width} x ${first.height} pixels; both sides have to be multiples of 4, for generators halve pictures twice.`,
  );
}

function sizeOf(name: string, size: { width: number; height: number }, settings: TrainSettings) {
  try {
    return transformedSize(size, settings);
  } catch (error) {
    throw error instanceof CycleganError ? dataError(`${name}: ${error.message}`) : error;
  }
}

function dataError(message: string): CycleganError {
  return new CycleganError('ERR_TRAIN_DATA', message);
}
