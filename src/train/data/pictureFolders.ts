import { CycleganError } from '../../errors.js';
import { isPictureName } from '../../image/extensions.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { pathKind, whyMissing } from '../../platform/files.js';
import { walkFolder } from '../../platform/folderWalk.js';

/** The pictures of one domain. */
export interface PictureFolder {
  readonly folder: string;
  /** Files below the folder, with slashes, sorted by code units; one at least. */
  readonly names: readonly string[];
}

/**
 * The folders of both domains.
 * @param dataB Absent: `dataA` is a folder that holds `trainA` and `trainB`.
 * @throws FileError for what is no folder; CycleganError `ERR_TRAIN_DATA` for a folder without pictures.
 */
export async function findFolders(
  dataA: string,
  dataB: string | undefined,
): Promise<{ readonly a: PictureFolder; readonly b: PictureFolder }> {
  const { join } = requireBuiltin('path', 'Training');
  if (dataB !== undefined) return { a: await picturesIn(dataA), b: await picturesIn(dataB) };
  await requireFolder(dataA);
  const [a, b] = ['trainA', 'trainB'].map((name) => join(dataA, name));
  const kinds = await Promise.all([a, b].map(pathKind));
  if (kinds.every((kind) => kind === 'folder')) {
    return { a: await picturesIn(a), b: await picturesIn(b) };
  }
  const paired = (await pathKind(join(dataA, 'train'))) === 'folder';
  throw new CycleganError(
    'ERR_TRAIN_DATA',
    paired
      ? `${dataA}: it holds train, as the pairs of pix2pix do, but not trainA and trainB. Paired (pix2pix) training is not part of this; CycleGAN takes a folder for each domain.`
      : `${dataA}: it does not hold both trainA and trainB. Name two folders, one for each domain, or one that holds these.`,
  );
}

async function requireFolder(path: string): Promise<void> {
  const kind = await pathKind(path);
  if (kind === null) throw await whyMissing(path);
  if (kind === 'file') {
    throw new CycleganError(
      'ERR_TRAIN_DATA',
      `${path}: this is a file; a folder of pictures is taken.`,
    );
  }
}

async function picturesIn(folder: string): Promise<PictureFolder> {
  await requireFolder(folder);
  const { names, unusable } = await walkFolder(folder, {
    isFile: isPictureName,
    isFolder: () => true,
  });
  // A run that left some out today would be another one when they can be read tomorrow.
  if (unusable.length > 0) throw unusable[0].error;
  if (names.length === 0) {
    throw new CycleganError(
      'ERR_TRAIN_DATA',
      `${folder}: there is no picture in this folder, nor below it.`,
    );
  }
  return { folder, names: [...names].sort() };
}

/** Where a picture lies. */
export function picturePath({ folder, names }: PictureFolder, index: number): string {
  return requireBuiltin('path', 'Training').join(folder, names[index]);
}
