import { requireBuiltin } from './builtin.js';
import { errorCode, fileError, foreignFile } from './fileError.js';
import { writeFileAtomic } from './files.js';
import { utf8Bytes } from './text.js';

/** Which version of which file a part belongs to, as far as its server told. */
export interface PartOrigin {
  /** The address that was asked, before any redirect. */
  readonly url: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Bytes of the whole. */
  readonly total: number | null;
  /** Of what parts can be asked for: `bytes`, `none`, or `null` where the server does not tell. */
  readonly ranges: string | null;
}

/** No address and no tag is so long that a note takes more. */
const MAX_NOTE_BYTES = 1 << 16;

/** Where it is said that a download began a part, and of what. */
export function notePath(part: string): string {
  return `${part}.json`;
}

/** Of a part before its server has answered. */
export function untoldOrigin(url: string): PartOrigin {
  return { url, etag: null, lastModified: null, total: null, ranges: null };
}

/** Whether parts can be had, and another version of the file would be noticed, if only by its length. */
export function canGoOn({ etag, lastModified, total, ranges }: PartOrigin): boolean {
  return ranges !== 'none' && (etag !== null || lastModified !== null || total !== null);
}

/**
 * The note beside a part; `null` where there is none. Notes are written as a whole or not at all, so what is cut off is
 * none of them.
 * @throws FileError `ERR_FILE_EXISTS` for a file of that name that is no note.
 */
export async function readNote(part: string): Promise<PartOrigin | null> {
  const path = notePath(part);
  const fs = requireBuiltin('fs/promises', 'A note');
  const stats = await fs.lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw fileError('read', path, error);
  });
  if (stats === null) return null;
  const isFile = stats.isFile() && stats.nlink === 1 && stats.size <= MAX_NOTE_BYTES;
  const found = isFile ? parsed(await fs.readFile(path, 'utf8')) : null;
  if (isOrigin(found)) return { ...found, ranges: found.ranges ?? null };
  throw foreignFile(path, 'A download keeps a note under this name');
}

/** @throws FileError when it cannot be written, or, without `replace`, when the name is taken. */
export async function writeNote(
  part: string,
  origin: PartOrigin,
  options: { readonly replace: boolean },
): Promise<void> {
  const text = utf8Bytes(JSON.stringify(origin));
  await writeFileAtomic(notePath(part), text, options);
}

export async function removeNote(part: string): Promise<void> {
  await requireBuiltin('fs/promises', 'A note').rm(notePath(part), { force: true });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isOrigin(value: unknown): value is PartOrigin {
  if (typeof value !== 'object' || value === null) return false;
  const { url, etag, lastModified, total, ranges = null } = value as Record<string, unknown>;
  return (
    typeof url === 'string' &&
    [etag, lastModified, ranges].every((text) => text === null || typeof text === 'string') &&
    (total === null || typeof total === 'number')
  );
}
