import { decodeImage } from '../../image/formats.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { openFile } from '../../platform/byteSource.js';
import { FileError } from '../../platform/fileError.js';
import {
  type GrowingFile,
  growFile,
  isTaken,
  makeFolder,
  parentFolder,
  pathKind,
  readFileBytes,
} from '../../platform/files.js';
import { Originals } from '../originals.js';
import type { Outcome } from '../pictures/outcome.js';
import { GALLERY_NAME, type Job } from '../pictures/outputs.js';
import { type Opened, openPicture, type PictureOptions } from '../pictures/pictureWork.js';
import { UsageError } from '../usage.js';
import { GENERATOR, galleryEntry, galleryHead, galleryTail } from './galleryPage.js';

/** `index.html`, which grows with the pictures and is there once they all are. */
export class GalleryFile {
  readonly path: string;
  readonly #file: GrowingFile;
  readonly #replace: boolean;
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
      /** Whether an earlier gallery may be replaced. A page that is none never is. */
      readonly replace: boolean;
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
    if ((await isTaken(path)) && !(replace && (await isOwn(path)))) {
      throw new FileError(
        'ERR_FILE_EXISTS',
        `${path}: exists already; --force and --resume replace an earlier gallery, and no other page. -o FOLDER names another place.`,
      );
    }
    await makeFolder(path);
    const gallery = new GalleryFile(path, await growFile(path), replace);
    try {
      await gallery.#file.append(galleryHead('Translated pictures', details));
      return gallery;
    } catch (error) {
      await gallery.discard();
      throw error;
    }
  }

  private constructor(path: string, file: GrowingFile, replace: boolean) {
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
    this.#last = this.#last.then(() => this.#file.append(galleryEntry(entry)));
    return this.#last;
  }

  async end(summary: string): Promise<void> {
    await this.#last;
    await this.#file.append(galleryTail(summary));
    // Hours may have gone by.
    await this.#file.publish({ replace: this.#replace && (await isOwn(this.path)) });
  }

  discard(): Promise<void> {
    return this.#file.discard();
  }
}

async function isOwn(path: string): Promise<boolean> {
  if ((await pathKind(path)) !== 'file') return false;
  const source = await openFile(path);
  const start = await source.read(0, Math.min(source.size, 4096));
  return new TextDecoder().decode(start).includes(`content="${GENERATOR}"`);
}
