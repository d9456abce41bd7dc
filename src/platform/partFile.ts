import { requireBuiltin } from './builtin.js';
import { FileError, fileError } from './fileError.js';
import { renameIntoPlace } from './files.js';

type FileHandle = Awaited<ReturnType<typeof import('node:fs/promises')['open']>>;

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

/**
 * The beginning of a file that is on its way, under a name beside the target, with a note of where it comes
 * from: a later attempt, or a later process, goes on where this one stopped.
 */
export class PartFile {
  readonly path: string;
  readonly #target: string;
  readonly #note: string;
  readonly #handle: FileHandle;
  #size = 0;
  #origin: PartOrigin | null = null;
  #joined = false;

  /**
   * Opens the part beside a target, or begins one.
   * @throws FileError when it cannot be written there.
   */
  static async open(target: string, url: string): Promise<PartFile> {
    const fs = requireBuiltin('fs/promises', `Writing ${target}`);
    const path = partPath(target);
    await refuseLink(path);
    try {
      const part = new PartFile(target, await fs.open(path, 'a'));
      await part.#recall(url);
      return part;
    } catch (error) {
      throw fileError('write', path, error);
    }
  }

  /** Use `PartFile.open`. */
  constructor(target: string, handle: FileHandle) {
    this.#target = target;
    this.path = partPath(target);
    this.#note = notePath(target);
    this.#handle = handle;
  }

  get size(): number {
    return this.#size;
  }

  /** `null` while nothing can be added: the whole has to be fetched. */
  get origin(): PartOrigin | null {
    return this.#origin;
  }

  /** Whether the server promised that what it added later is of the same version: a strong tag does that. */
  get isPromised(): boolean {
    return this.#origin?.etag?.startsWith('"') ?? false;
  }

  /** Whether its bytes came in more than one answer. */
  get joined(): boolean {
    return this.#joined;
  }

  async #recall(url: string): Promise<void> {
    const { size } = await this.#handle.stat();
    const origin = await readNote(this.#note);
    const fits = origin !== null && origin.url === url && size <= (origin.total ?? size);
    if (size === 0 || !fits || !canGoOn(origin)) return this.reset();
    this.#size = size;
    this.#origin = origin;
    this.#joined = true;
  }

  /** Drops what is there; the first byte of the origin comes next. */
  async begin(origin: PartOrigin): Promise<void> {
    await this.reset();
    if (!canGoOn(origin)) return;
    const fs = requireBuiltin('fs/promises', 'A note');
    await this.#writing(fs.writeFile(this.#note, JSON.stringify(origin)));
    this.#origin = origin;
  }

  /** What is added from here on comes from another answer of the same origin. */
  join(): void {
    this.#joined = true;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#writing(this.#handle.appendFile(bytes));
    this.#size += bytes.length;
  }

  /** Drops everything. */
  async reset(): Promise<void> {
    // The bytes first: a note without bytes does no harm, bytes with another's note would.
    await this.#writing(this.#handle.truncate(0));
    this.#size = 0;
    this.#origin = null;
    this.#joined = false;
    await this.#removeNote();
  }

  /** Gives the part the target's name, in one step. Without `replace`, a file that exists is refused. */
  async publish({ replace }: { readonly replace: boolean }): Promise<void> {
    // What is renamed must be on the disk: a loss of power would leave the name without the bytes.
    await this.#writing(this.#handle.sync());
    await this.#handle.close();
    await this.#writing(renameIntoPlace(this.path, this.#target, { replace }));
    await this.#removeNote();
  }

  /** Leaves the part for later, if there is anything in it, and anything can be added. */
  async close(): Promise<void> {
    await this.#handle.close();
    if (this.#size > 0 && this.#origin !== null) return;
    await requireBuiltin('fs/promises', 'A part').rm(this.path, { force: true });
  }

  async #removeNote(): Promise<void> {
    const fs = requireBuiltin('fs/promises', 'A note');
    await this.#writing(fs.rm(this.#note, { force: true }));
  }

  async #writing<T>(step: Promise<T>): Promise<T> {
    return step.catch((error: unknown) => {
      throw fileError('write', this.path, error);
    });
  }
}

export function partPath(target: string): string {
  return `${target}.part`;
}

function notePath(target: string): string {
  return `${partPath(target)}.json`;
}

async function readNote(path: string): Promise<PartOrigin | null> {
  const fs = requireBuiltin('fs/promises', 'A note');
  try {
    const found: unknown = JSON.parse(await fs.readFile(path, 'utf8'));
    return isOrigin(found) ? { ...found, ranges: found.ranges ?? null } : null;
  } catch {
    // None, or cut off: without it, the part is worth nothing.
    return null;
  }
}

/**
 * Whether a part was left beside a target that a later attempt can go on with; `perhaps` where its server never told
 * whether it gives parts.
 */
export async function leftPart(target: string): Promise<'none' | 'perhaps' | 'surely'> {
  const { stat } = requireBuiltin('fs/promises', 'A part');
  const size = await stat(partPath(target)).then(
    (found) => found.size,
    () => 0,
  );
  const origin = await readNote(notePath(target));
  if (size === 0 || origin === null || !canGoOn(origin)) return 'none';
  return origin.ranges === 'bytes' ? 'surely' : 'perhaps';
}

/** Whether parts can be had, and another version of the file would be noticed, if only by its length. */
function canGoOn({ etag, lastModified, total, ranges }: PartOrigin): boolean {
  return ranges !== 'none' && (etag !== null || lastModified !== null || total !== null);
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

/**
 * A part is written from its beginning, so it must not be another file, too.
 * @throws FileError `ERR_FILE_EXISTS` for a link, symbolic or hard.
 */
async function refuseLink(path: string): Promise<void> {
  const { lstat } = requireBuiltin('fs/promises', `Writing ${path}`);
  const found = await lstat(path).catch(() => null);
  if (found === null || (!found.isSymbolicLink() && found.nlink < 2)) return;
  throw new FileError(
    'ERR_FILE_EXISTS',
    `${path}: this is a link to another file, which a download would write over; move it away.`,
  );
}
