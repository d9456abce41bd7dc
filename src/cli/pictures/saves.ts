import type { Picture } from '../../image/picture.js';
import { makeFolder } from '../../platform/files.js';
import { type Outcome, reportable, type Translated } from './outcome.js';
import { type Job, OwnOutputs } from './outputs.js';
import type { PictureThreads } from './pictureThreads.js';
import type { Opened } from './pictureWork.js';

export interface SavesOptions {
  /** So many are under way at once. */
  readonly most: number;
  /** Whether files of the outputs' names may be replaced. */
  readonly replace: boolean;
  /** Called for each picture. */
  readonly onOutcome: (outcome: Outcome) => Promise<void>;
}

/** What came out of the network, and what is told of it. */
export interface Made extends Pick<Translated, 'outputNotes' | 'milliseconds'> {
  readonly output: Picture;
}

/** Translated pictures on their way to files, a few at once. */
export class Saves {
  readonly #threads: PictureThreads;
  readonly #options: SavesOptions;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #own: OwnOutputs;
  /** What went wrong that is no picture's fault. */
  #failure: { readonly error: unknown } | null = null;

  constructor(threads: PictureThreads, options: SavesOptions) {
    this.#threads = threads;
    this.#options = options;
    this.#own = new OwnOutputs(options.replace);
  }

  get failed(): boolean {
    return this.#failure !== null;
  }

  /** Returns once there is room for the next one. */
  async add(job: Job, opened: Opened, made: Made): Promise<void> {
    const task: Promise<unknown> = this.#save(job, opened, made)
      .then((outcome) => this.#options.onOutcome(outcome))
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .then(() => this.#underWay.delete(task));
    this.#underWay.add(task);
    if (this.#underWay.size > this.#options.most) await Promise.race(this.#underWay);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  async #save(job: Job, opened: Opened, { output, ...told }: Made): Promise<Outcome> {
    try {
      await makeFolder(job.output);
      const saved = await this.#own.write(job.output, (replace) =>
        this.#threads.save(output, opened.prepared, { path: job.output, replace }),
      );
      return { job, opened, saved, ...told };
    } catch (error) {
      return { job, error: reportable(error) };
    }
  }
}
