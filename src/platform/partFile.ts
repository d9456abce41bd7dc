import { requireBuiltin } from './builtin.js';
import { fileError } from './fileError.js';

type FileHandle = Awaited<ReturnType<typeof import('node:fs/promises')['open']>>;

/** Which version of which file a part belongs to, as far as its server told. */
export interface PartOrigin {
  /** The address that was asked, before any redirect. */
  readonly url: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Bytes of the whole. */
  readonly total: number | null;
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
    this.#note = `${this.path}.json`;
    this.#handle = handle;
  }

  get size(): number {
    return this.#size;
  }

  /** `null` while nothing can be added: the whole has to be fetched. */
  get origin(): PartOrigin | null {
    return this.#origin;
  }

  /** Whether its bytes came in more than one answer. */
  get joined(): boolean {
    return this.#joined;
  }

  async #recall(url: string): Promise<void> {
    const { size } = await this.#handle.stat();
    const origin = await this.#readNote();
    const fits = origin !== null && origin.url === url && size <= (origin.total ?? size);
    if (size === 0 || !fits || !isTellable(origin)) return this.reset();
    this.#size = size;
    this.#origin = origin;
    this.#joined = true;
  }

  async #readNote(): Promise<PartOrigin | null> {
    const fs = requireBuiltin('fs/promises', 'A note');
    try {
      const found: unknown = JSON.parse(await fs.readFile(this.#note, 'utf8'));
      return isOrigin(found) ? found : null;
    } catch {
      // None, or cut off: without it, the part is worth nothing.
      return null;
    }
  }

  /** Drops what is there; the first byte of the origin comes next. */
  async begin(origin: PartOrigin): Promise<void> {
    await this.reset();
    if (!isTellable(origin)) return;
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

  /** Gives the part the target's name, in one step. */
  async publish(): Promise<void> {
    const fs = requireBuiltin('fs/promises', 'A part');
    // What is renamed must be on the disk: a loss of power would leave the name without the bytes.
    await this.#writing(this.#handle.sync());
    await this.#handle.close();
    await this.#writing(fs.rename(this.path, this.#target));
    await this.#removeNote();
  }

  /** Leaves the part for later, if there is anything in it. */
  async close(): Promise<void> {
    await this.#handle.close();
    if (this.#size > 0) return;
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

/** Whether another version of the file would be noticed, if only by its length. */
function isTellable({ etag, lastModified, total }: PartOrigin): boolean {
  return etag !== null || lastModified !== null || total !== null;
}

function isOrigin(value: unknown): value is PartOrigin {
  if (typeof value !== 'object' || value === null) return false;
  const { url, etag, lastModified, total } = value as Record<string, unknown>;
  return (
    typeof url === 'string' &&
    [etag, lastModified].every((text) => text === null || typeof text === 'string') &&
    (total === null || typeof total === 'number')
  );
}
