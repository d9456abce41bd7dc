import {
  GENERATOR,
  galleryEntry,
  galleryHead,
  galleryTail,
} from '../../html/gallery/galleryPage.js';
import { decodeImage } from '../../image/formats.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { openFile } from '../../platform/byteSource.js';
import { FileError } from '../../platform/fileError.js';
import {
  type GrowingFile,
  growFile,
  isRegularFile,
  isTaken,
  makeFolder,
  parentFolder,
  pathKind,
  readFileBytes,
} from '../../platform/files.js';
import { fileSha256 } from '../../platform/sha256.js';
import { Originals } from '../originals.js';
import type { Outcome } from '../pictures/outcome.js';
import { GALLERY_NAME, type Job } from '../pictures/outputs.js';
import { type Opened, openPicture, type PictureOptions } from '../pictures/pictureWork.js';
import { UsageError } from '../usage.js';

/** Whether an earlier gallery may be replaced, or only one that nobody has changed. A page that is none never is. */
export type ReplaceGallery = 'never' | 'unchanged' | 'always';

/** `index.html`, which grows with the pictures and is there once they all are. */
export class GalleryFile {
  readonly path: string;
  readonly #file: GrowingFile;
  readonly #replace: ReplaceGallery;
  readonly #hash = requireBuiltin('crypto', 'The gallery').createHash('sha256');
  /** One picture after the other: each is appended as a whole. */
  #last: Promise<void> = Promise.resolve();

  /**
   * @param folder Where outputs go; `null`: beside their inputs, and the gallery beside the first.
   * @throws UsageError for the name of an input; FileError when there is one already that must not be replaced.
   */
  static async begin(
    folder: string | null,
    jobs: readonly Job[],
    {
      replace,
      details,
    }: {
      readonly replace: ReplaceGallery;
      readonly details: readonly string[];
    },
  ): Promise<GalleryFile> {
    const { join } = requireBuiltin('path', 'The gallery');
    const path = join(folder ?? parentFolder(jobs[0].output), GALLERY_NAME);
    const originals = await Originals.of(jobs.map(({ input }) => input.path));
    if (await originals.include(path)) {
      throw new UsageError(
        `${path}: the gallery would replace an input; -o FOLDER names another place.`,
      );
    }
    await refuseOtherKinds(path);
    if ((await isTaken(path)) && !(await mayReplace(path, replace))) {
      throw new FileError(
        'ERR_FILE_EXISTS',
        `${path}: exists already; --force replaces an earlier gallery, --resume one that nobody has changed, and no other page. -o FOLDER names another place.`,
      );
    }
    await makeFolder(path);
    const gallery = new GalleryFile(path, await growFile(path), replace);
    try {
      await gallery.#write(galleryHead('Translated pictures', details));
      return gallery;
    } catch (error) {
      await gallery.discard();
      throw error;
    }
  }

  private constructor(path: string, file: GrowingFile, replace: ReplaceGallery) {
    this.path = path;
    this.#file = file;
    this.#replace = replace;
  }

  /** Adds a picture; those that failed are left out. */
  add(outcome: Outcome): Promise<void> {
    if ('error' in outcome) return this.#last;
    const { job, opened, saved, milliseconds } = outcome;
    return this.#append(job, opened, saved.size, saved.after, milliseconds);
  }

  /** Adds a picture whose output was there before. */
  async addDone({ input, output }: Job, options: PictureOptions): Promise<void> {
    const opened = await openPicture(input.path, options);
    const after = await readFileBytes(output);
    const { width, height } = decodeImage(after);
    await this.#append({ input, output }, opened, [width, height], after, null);
  }

  #append(
    { input }: Job,
    { size, before }: Opened,
    outputSize: readonly [number, number],
    after: Uint8Array | null,
    milliseconds: number | null,
  ): Promise<void> {
    if (before === null || after === null) return this.#last;
    const entry = {
      name: input.relative,
      inputSize: size,
      outputSize,
      milliseconds,
      before,
      after,
    };
    this.#last = this.#last.then(() => this.#write(galleryEntry(entry)));
    return this.#last;
  }

  async end(summary: string): Promise<void> {
    await this.#last;
    await this.#write(galleryTail(summary));
    await this.#file.append(seal(this.#hash.digest('hex')));
    // Hours may have gone by.
    await this.#file.publish({ replace: await mayReplace(this.path, this.#replace) });
  }

  async #write(text: string): Promise<void> {
    this.#hash.update(text);
    await this.#file.append(text);
  }

  discard(): Promise<void> {
    return this.#file.discard();
  }
}

/** @throws FileError for a folder, a pipe or a device. */
async function refuseOtherKinds(path: string): Promise<void> {
  const kind = await pathKind(path);
  if (kind === null || (await isRegularFile(path))) return;
  const elsewhere = 'where the gallery would be; -o FOLDER names another place.';
  if (kind === 'folder') {
    throw new FileError('ERR_IS_DIRECTORY', `${path}: this is a folder, ${elsewhere}`);
  }
  throw new FileError('ERR_FILE', `${path}: this is a pipe or a device, ${elsewhere}`);
}

async function mayReplace(path: string, replace: ReplaceGallery): Promise<boolean> {
  // A pipe would keep its reader waiting.
  if (replace === 'never' || !(await isRegularFile(path))) return false;
  return replace === 'always' ? isOwn(path) : isUnchanged(path);
}

async function isOwn(path: string): Promise<boolean> {
  const source = await openFile(path);
  const start = await source.read(0, Math.min(source.size, 4096));
  return new TextDecoder().decode(start).includes(`content="${GENERATOR}"`);
}

/** Stands last in a gallery. @param digest SHA-256 of all that is before it. */
function seal(digest: string): string {
  return `<!-- ${digest} -->\n`;
}

const SEAL_BYTES = seal('0'.repeat(64)).length;

async function isUnchanged(path: string): Promise<boolean> {
  if (!(await isOwn(path))) return false;
  const source = await openFile(path);
  const end = Math.max(0, source.size - SEAL_BYTES);
  const last = new TextDecoder().decode(await source.read(end, source.size));
  return last === seal(await fileSha256(path, end));
}
