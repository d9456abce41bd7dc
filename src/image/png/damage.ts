import { type NoteOptions, noteDamage } from '../note.js';
import { ImageError } from '../picture.js';

export type PngCode = 'ERR_PNG' | 'ERR_PNG_CHECKSUM' | 'ERR_PNG_DATA' | 'ERR_PNG_SHORT';

/** What is wrong with a PNG: it is refused, or noted, of each kind the first. */
export class Damage {
  readonly #options: NoteOptions;
  readonly #noted = new Set<PngCode>();

  constructor(options: NoteOptions) {
    this.#options = options;
  }

  /**
   * For what Pillow reads over.
   * @param what A sentence goes on with it after "The PNG".
   * @throws ImageError with `strict`.
   */
  note(code: PngCode, what: string, at?: number): void {
    if (this.#noted.has(code)) return;
    this.#noted.add(code);
    noteDamage(code, sentence(what, at), this.#options);
  }

  refuse(code: PngCode, what: string, at?: number): never {
    throw new ImageError(code, sentence(what, at));
  }
}

function sentence(what: string, at: number | undefined): string {
  return `The PNG ${what}${at === undefined ? '' : ` (at byte ${at})`}.`;
}
