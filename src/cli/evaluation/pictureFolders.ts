import { CycleganError } from '../../errors.js';
import { isPictureName } from '../../image/extensions.js';
import { openImage } from '../../image/formats.js';
import type { Picture } from '../../image/picture.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { FileError } from '../../platform/fileError.js';
import { pathKind, whyMissing } from '../../platform/files.js';
import { walkFolder } from '../../platform/folderWalk.js';

const EXTENSION = /\.[^./]+$/;
/** What the command adds where it makes up a name. */
const OWN = /\.cyclegan$/i;

/** A picture that is left out. */
export interface Failure {
  readonly name: string;
  readonly error: string;
}

/** The pictures of a folder. */
export interface PictureFolder {
  readonly path: string;
  /** Below the folder, with slashes, sorted. */
  readonly names: readonly string[];
  /** What is meant, too, and cannot be had. */
  readonly failures: readonly Failure[];
}

/** @throws FileError for what is no folder, or holds no pictures. */
export async function listPictures(
  path: string,
  { recursive }: { readonly recursive: boolean },
): Promise<PictureFolder> {
  const kind = await pathKind(path);
  if (kind === null) throw await whyMissing(path);
  if (kind === 'file') {
    throw new FileError('ERR_FILE', `${path}: this is a file; name the folder that it lies in.`);
  }
  const { names, unusable } = await walkFolder(path, {
    isFile: isPictureName,
    isFolder: () => recursive,
  });
  if (names.length === 0) {
    const hint = recursive ? '' : ' itself; -r looks into the folders below, too';
    throw new FileError(
      'ERR_FILE_NOT_FOUND',
      `${path}: there is no picture in this folder${hint}.`,
    );
  }
  const failures = unusable.map(({ name, error }) => ({ name, error: error.message }));
  return { path, names, failures };
}

export interface NamePair {
  readonly a: string;
  readonly b: string;
}

/** Which pictures of two folders belong together. */
export interface Pairing {
  readonly pairs: readonly NamePair[];
  readonly unpaired: { readonly a: readonly string[]; readonly b: readonly string[] };
}

/** By name; where none has the same, by what is left of it without extension, if that is one picture in either folder. */
export function pairNames(a: readonly string[], b: readonly string[]): Pairing {
  const same = new Set(b);
  const exact = a.filter((name) => same.has(name));
  const taken = new Set(exact);
  const [restA, restB] = [a, b].map((names) => byStem(names.filter((name) => !taken.has(name))));
  const pairs = exact.map((name) => ({ a: name, b: name }));
  for (const [stem, [first, ...more]] of restA) {
    const [other, ...others] = restB.get(stem) ?? [];
    if (other === undefined || more.length + others.length > 0) continue;
    pairs.push({ a: first, b: other });
    restA.delete(stem);
    restB.delete(stem);
  }
  const left = (rest: ReadonlyMap<string, readonly string[]>) => [...rest.values()].flat();
  return {
    pairs: pairs.sort((x, y) => (x.a < y.a ? -1 : 1)),
    unpaired: { a: left(restA), b: left(restB) },
  };
}

function byStem(names: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const stem = name.replace(EXTENSION, '').replace(OWN, '');
    groups.set(stem, [...(groups.get(stem) ?? []), name]);
  }
  return groups;
}

/** @throws CycleganError when it cannot be read, with its path. */
export async function readPicture(folder: string, name: string): Promise<Picture> {
  const path = requireBuiltin('path', 'Pictures').join(folder, name);
  try {
    return await openImage(path);
  } catch (error) {
    if (!(error instanceof CycleganError) || error.message.startsWith(path)) throw error;
    throw new CycleganError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}
