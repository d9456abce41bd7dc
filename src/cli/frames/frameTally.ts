import type { OpenedGenerator } from '../../generator/openGenerator.js';
import { seconds } from '../../html/text.js';
import { describeInput } from '../pictures/networkInput.js';
import { formatNotes } from '../pictures/pictureNotes.js';
import type { PictureOptions } from '../pictures/pictureWork.js';
import type { Terminal } from '../terminal.js';
import { frameName } from './frameInput.js';
import type { FinishedFrame } from './frameStream.js';

/** Tells of the first frame, of what is unusual the first time that it is met, and how many there were. */
export class FrameTally {
  readonly #generator: OpenedGenerator;
  readonly #pictures: PictureOptions;
  readonly #terminal: Terminal;
  readonly #told = new Set<string>();
  readonly #begin = performance.now();
  #networkMilliseconds = 0;
  /** Frames that are written. */
  count = 0;

  constructor(generator: OpenedGenerator, pictures: PictureOptions, terminal: Terminal) {
    this.#generator = generator;
    this.#pictures = pictures;
    this.#terminal = terminal;
  }

  /** Before a frame is written: a reader of bare pixels needs their number. */
  tell(frame: FinishedFrame): void {
    const { number, opened, encoded, outputNotes } = frame;
    this.#tellNew(frame);
    const size = encoded.size.join('x');
    if (this.#isNew(`size ${opened.size.join('x')} ${size}`)) {
      const fed = describeInput(opened.prepared.sized, this.#generator, this.#pictures.pipeline);
      this.#terminal.say(`${frameName(number)}: ${opened.size.join('x')} -> ${size}, ${fed}`);
    }
    for (const { kind, message } of outputNotes) {
      if (this.#isNew(kind)) this.#terminal.say(`${frameName(number)}: ${message}`);
    }
  }

  /** A frame is written. */
  add({ milliseconds }: FinishedFrame): void {
    this.count++;
    this.#networkMilliseconds += milliseconds;
    this.#terminal.progress(`${this.count} frames, ${this.#rate}`);
  }

  get written(): string {
    return this.count === 1 ? '1 frame' : `${this.count} frames`;
  }

  finish(): void {
    const elapsed = performance.now() - this.#begin;
    this.#terminal.say(
      `${this.written} in ${seconds(elapsed)}, ${this.#rate}, network ${seconds(this.#networkMilliseconds)}`,
    );
  }

  get #rate(): string {
    const elapsed = performance.now() - this.#begin;
    return `${((1000 * this.count) / elapsed).toFixed(2)} a second`;
  }

  #tellNew({ number, opened }: FinishedFrame): void {
    const notes = opened.notes.filter(({ kind }) => this.#isNew(kind));
    const told = formatNotes(frameName(number), notes);
    if (told !== null) this.#terminal.say(told);
  }

  #isNew(kind: string): boolean {
    const isNew = !this.#told.has(kind);
    this.#told.add(kind);
    return isNew;
  }
}
