import { requireBuiltin } from './builtin.js';
import { errorCode, FileError, fileError, foreignFile } from './fileError.js';
import { fileIdentity, removeStaleTemporaries, renameIntoPlace, toDisk } from './files.js';
import {
  canGoOn,
  notePath,
  type PartOrigin,
  readNote,
  removeNote,
  untoldOrigin,
  writeNote,
} from './partNote.js';

type FileHandle = Awaited<ReturnType<typeof import('node:fs/promises')['open']>>;

/**
 * The beginning of a file that is on its way, under a name beside the target, with a note of where it comes
 * from: a later attempt, or a later process, goes on where this one stopped. The note is there before the part is, and
 * goes after it: a part without one is somebody else's file.
 */
export class PartFile {
  readonly path: string;
  readonly #target: string;
  readonly #handle: FileHandle;
  #size = 0;
  #origin: PartOrigin | null = null;
  #joined = false;
  #published = false;

  /**
   * Opens the part beside a target, or begins one. One process at a time may do that (`withFileLock`).
   * @throws FileError when it cannot be written there, or when a file of that name is none of a download's.
   */
  static async open(target: string, url: string): Promise<PartFile> {
    const fs = requireBuiltin('fs/promises', `Writing ${target}`);
    const path = partPath(target);
    await removeStaleTemporaries([notePath(path)]);
    const origin = await readNote(path);
    const isThere = await findPart(path, target, origin);
    if (origin === null) await writeNote(path, untoldOrigin(url), { replace: false });
    try {
      const part = new PartFile(target, await fs.open(path, isThere ? 'a' : 'ax'));
      await part.#recall(url, origin);
      return part;
    } catch (error) {
      if (origin === null) await removeNote(path);
      throw fileError('write', path, error);
    }
  }

  /** Use `PartFile.open`. */
  constructor(target: string, handle: FileHandle) {
    this.#target = target;
    this.path = partPath(target);
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

  async #recall(url: string, origin: PartOrigin | null): Promise<void> {
    const { size } = await this.#handle.stat();
    const fits = origin !== null && origin.url === url && size <= (origin.total ?? size);
    if (size === 0 || !fits || !canGoOn(origin)) return this.reset();
    this.#size = size;
    this.#origin = origin;
    this.#joined = true;
  }

  /** Drops what is there; the first byte of the origin comes next. */
  async begin(origin: PartOrigin): Promise<void> {
    await this.reset();
    await writeNote(this.path, origin, { replace: true });
    if (canGoOn(origin)) this.#origin = origin;
  }

  /** What is added from here on comes from another answer of the same origin. */
  join(): void {
    this.#joined = true;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#writing(this.#handle.appendFile(bytes));
    this.#size += bytes.length;
  }

  /** Drops everything but the note, which says that the part is a download's. */
  async reset(): Promise<void> {
    await this.#writing(this.#handle.truncate(0));
    this.#size = 0;
    this.#origin = null;
    this.#joined = false;
  }

  /** Gives the part the target's name, in one step. Without `replace`, a file that exists is refused. */
  async publish({ replace }: { readonly replace: boolean }): Promise<void> {
    // What is renamed must be on the disk: a loss of power would leave the name without the bytes.
    await this.#writing(toDisk(this.#handle));
    await this.#handle.close();
    await this.#writing(renameIntoPlace(this.path, this.#target, { replace }));
    this.#published = true;
    await this.#writing(removeNote(this.path));
  }

  /** Leaves the part for later, if there is anything in it, and anything can be added. */
  async close(): Promise<void> {
    await this.#handle.close();
    if (this.#published || (this.#size > 0 && this.#origin !== null)) return;
    await requireBuiltin('fs/promises', 'A part').rm(this.path, { force: true });
    await removeNote(this.path);
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

/**
 * Whether a part was left beside a target that a later attempt can go on with; `perhaps` where its server never told
 * whether it gives parts.
 */
export async function leftPart(target: string): Promise<'none' | 'perhaps' | 'surely'> {
  const { stat } = requireBuiltin('fs/promises', 'A part');
  const path = partPath(target);
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  const origin = await readNote(path).catch(() => null);
  if (size === 0 || origin === null || !canGoOn(origin)) return 'none';
  return origin.ranges === 'bytes' ? 'surely' : 'perhaps';
}

/**
 * Whether there is a part, which a download may write to.
 * @param origin What its note says.
 * @throws FileError `ERR_FILE_EXISTS` for a file without a note, a link (symbolic or hard), and what is no file.
 */
async function findPart(path: string, target: string, origin: PartOrigin | null): Promise<boolean> {
  const fs = requireBuiltin('fs/promises', `Writing ${path}`);
  const found = await fs.lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw fileError('write', path, error);
  });
  if (found === null) return false;
  if (origin === null || !(found.isFile() || found.isSymbolicLink())) {
    throw foreignFile(path, 'A download keeps what has come under this name');
  }
  if (found.isFile() && found.nlink === 1) return true;
  if (found.isFile() && (await fileIdentity(path)) === (await fileIdentity(target))) {
    // A process was ended when the whole had both names.
    await fs.rm(path);
    return false;
  }
  throw new FileError(
    'ERR_FILE_EXISTS',
    `${path}: this is a link to another file, which a download would write over; move it away.`,
  );
}
