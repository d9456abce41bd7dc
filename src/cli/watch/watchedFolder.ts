import { beginsPicture, firstPictureLength } from '../../image/stream/pictureStream.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { readFileBytes } from '../../platform/files.js';
import type { Unusable } from '../../platform/folderWalk.js';
import { type Input, type PicturesOptions, picturesBelow } from '../pictures/inputs.js';

/** What a look at the folder found. */
export interface Look {
  /** Pictures that are whole, and new or changed since they were last given. */
  readonly ready: readonly Input[];
  /** What is meant, too, but cannot be had; each once. */
  readonly unusable: readonly Unusable[];
  /** Paths of pictures that an earlier look found, and that are there no more. */
  readonly gone: readonly string[];
}

/** A picture that lies in the folder. */
interface Seen {
  /** Changes with the file. */
  readonly version: string;
  /** Looks in a row that have found this version. */
  looks: number;
  isGiven: boolean;
}

/** A file is taken for written when it is the same in so many looks. */
const STABLE_LOOKS = 2;
/** One that ends within its picture may still be on its way; after so many, it is given as it is, and will be reported. */
const PATIENT_LOOKS = 20;

/**
 * A folder in which pictures appear. One is given when it is whole: its size and time have stopped changing, and it does not
 * end within its picture, as far as its format tells. What has a temporary name (`.part`) is no picture yet.
 */
export class WatchedFolder {
  readonly #folder: string;
  readonly #options: PicturesOptions;
  readonly #patience: number;
  #seen = new Map<string, Seen>();
  readonly #told = new Set<string>();

  constructor(folder: string, options: PicturesOptions, patience = PATIENT_LOOKS) {
    this.#folder = folder;
    this.#options = options;
    this.#patience = patience;
  }

  /** @throws FileError where the folder cannot be read. */
  async look(): Promise<Look> {
    const { inputs, unusable } = await picturesBelow(this.#folder, this.#options);
    const seen = new Map<string, Seen>();
    const ready: Input[] = [];
    for (const input of inputs) {
      const found = await this.#see(input.path);
      if (found === null) continue;
      seen.set(input.path, found);
      if (found.isGiven || !(await this.#isWhole(input.path, found))) continue;
      found.isGiven = true;
      ready.push(input);
    }
    // What has gone is new when it comes again.
    const gone = [...this.#seen.keys()].filter((path) => !seen.has(path));
    this.#seen = seen;
    return { ready, unusable: unusable.filter(({ name }) => this.#isNew(name)), gone };
  }

  async #see(path: string): Promise<Seen | null> {
    const { stat } = requireBuiltin('fs/promises', `Looking at ${path}`);
    const found = await stat(path, { bigint: true }).catch(() => null);
    if (found === null) return null;
    const version = [found.dev, found.ino, found.size, found.mtimeNs].join(':');
    const before = this.#seen.get(path);
    if (before?.version !== version) return { version, looks: 1, isGiven: false };
    before.looks++;
    return before;
  }

  async #isWhole(path: string, { looks }: Seen): Promise<boolean> {
    if (looks < STABLE_LOOKS) return false;
    if (looks >= this.#patience) return true;
    const bytes = await readFileBytes(path, { regular: true }).catch(() => null);
    // What cannot be read is reported when it is opened.
    if (bytes === null) return true;
    if (bytes.length === 0) return false;
    return !beginsPicture(bytes) || (await firstPictureLength(bytes)) !== null;
  }

  #isNew(name: string): boolean {
    const isNew = !this.#told.has(name);
    this.#told.add(name);
    return isNew;
  }
}
