import { AbortError } from '../../errors.js';
import { FileError } from '../../platform/fileError.js';
import { makeFolder, readFileBytes, writeFileAtomic } from '../../platform/files.js';
import { prefetchMap } from '../../platform/prefetchMap.js';
import { sha256 } from '../../platform/sha256.js';
import { jobId, resultKey, type TranslationJob } from '../../queue/job.js';
import type { JobState, SubmitOptions } from '../../queue/jobQueue.js';
import { askForPlacement, withdrawPlacement } from '../../queue/placements.js';
import { readReport } from '../../queue/report.js';
import type { Store } from '../../queue/store/store.js';
import { OwnOutputs } from '../pictures/outputs.js';
import { type JobParts, makeJob } from './jobMaker.js';
import type { PlannedPicture } from './plannedPictures.js';
import type { QueueSession } from './session.js';
import { failureOf, type SubmitTally } from './submitTally.js';

/** Pictures that are read, or asked for, at once. */
const AT_ONCE = 8;
/** Jobs that are asked for in a round: those that were submitted first are done first, as a rule. */
const WINDOW = 256;
/** Between rounds. */
const ROUND_MS = 400;
/** A result that is not there for so long is an error. NFS remembers for up to a minute that there was no such file. */
const LOST_MS = 90_000;
/** Between submissions of a job whose result is not there. */
const RESUBMIT_MS = 5000;

/** A job, and where its result is to lie: several pictures can be the same. */
interface Pending {
  readonly id: string;
  readonly job: TranslationJob;
  readonly pictures: PlannedPicture[];
  /** How far it is, from 0 to 1. */
  share: number;
  /** Since when its result is missing though it is done, and when that was last submitted; by `performance.now()`. */
  lost: { readonly since: number; readonly submitted: number } | null;
}

export interface SubmissionOptions extends SubmitOptions {
  readonly store: Store;
  readonly session: QueueSession;
  readonly tally: SubmitTally;
  readonly signal: AbortSignal;
}

/** Pictures on their way through a queue. */
export class Submission {
  readonly #options: SubmissionOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #own = new OwnOutputs(true);

  constructor(options: SubmissionOptions) {
    this.#options = options;
  }

  /**
   * Puts pictures into the queue, but for those whose results are there.
   * @throws AbortError after `signal` fired.
   */
  async submit(pictures: readonly PlannedPicture[], parts: JobParts): Promise<void> {
    const { store, signal, tally } = this.#options;
    const making = prefetchMap(pictures, AT_ONCE, async (picture) => {
      const job = await makeJob(picture, parts, store);
      const id = jobId(job);
      const isDone = await store.has(resultKey(id, job));
      if (!isDone) await this.#enqueue(job);
      return { id, job };
    });
    for await (const outcome of making) {
      if (signal.aborted) throw new AbortError();
      const { item } = outcome;
      if ('error' in outcome) {
        await tally.fail(item.input, failureOf(outcome.error));
        continue;
      }
      const { id, job } = outcome.result;
      const pending = this.#pending.get(id) ?? { id, job, pictures: [], share: 0, lost: null };
      pending.pictures.push(item);
      this.#pending.set(id, pending);
    }
  }

  /**
   * For those who do not wait: what is done is put in its place, and workers do the same with the others where they can.
   * @returns How many results have to be fetched.
   */
  async leave(): Promise<number> {
    const { store, tally } = this.#options;
    let count = 0;
    for (const pending of [...this.#pending.values()]) {
      const { id, job, pictures } = pending;
      if (await store.has(resultKey(id, job))) {
        await this.#place(pending);
        continue;
      }
      const asked = await Promise.all(pictures.map((one) => askForPlacement(store, id, one)));
      // A worker that was done before it could see the notes leaves the result to this command.
      if (await store.has(resultKey(id, job))) {
        await this.#place(pending);
        for (const picture of pictures) await withdrawPlacement(store, id, picture);
        continue;
      }
      count += asked.filter((isAsked) => !isAsked).length;
      for (const picture of pictures) await tally.add(id, picture, 'submitted');
    }
    return count;
  }

  /**
   * Waits for the results, and puts each in its place.
   * @throws AbortError after `signal` fired.
   */
  async wait(): Promise<void> {
    const { session, signal, tally } = this.#options;
    while (this.#pending.size > 0) {
      const round = [...this.#pending.values()].slice(0, WINDOW);
      const states = prefetchMap(round, AT_ONCE, ({ id }) =>
        session.ask((queue) => queue.stateOf(id), signal),
      );
      for await (const outcome of states) {
        if (signal.aborted) throw new AbortError();
        if ('error' in outcome) throw outcome.error;
        await this.#handle(outcome.item, outcome.result);
      }
      tally.show([...this.#pending.values()].reduce((sum, { share }) => sum + share, 0));
      if (this.#pending.size > 0) await pauseOf(ROUND_MS, signal);
    }
  }

  async #handle(pending: Pending, state: JobState): Promise<void> {
    const { store, tally } = this.#options;
    if (state.kind === 'waiting') return;
    if (state.kind === 'active') {
      if (state.share === pending.share) return;
      pending.share = state.share;
      return tally.advance(pending.id, pending.pictures, state.share);
    }
    const { id, job } = pending;
    // Whatever the queue says: what is there is whole.
    if (await store.has(resultKey(id, job))) return this.#place(pending);
    if (state.kind === 'failed') {
      this.#pending.delete(id);
      for (const { input } of pending.pictures) await tally.fail(input, state.failure, id);
      return;
    }
    const now = performance.now();
    const { since, submitted } = pending.lost ?? { since: now, submitted: -Infinity };
    if (now - since < LOST_MS) {
      if (now - submitted < RESUBMIT_MS) return;
      pending.lost = { since, submitted: now };
      return this.#enqueue(job);
    }
    this.#pending.delete(id);
    const message = `${job.name}: a worker has done it, but its result is not in ${store.name}; do all workers have this store?`;
    for (const { input } of pending.pictures) {
      await tally.fail(input, { code: 'ERR_STORE', message }, id);
    }
  }

  async #enqueue(job: TranslationJob): Promise<void> {
    const { session, signal, priority, attempts } = this.#options;
    await session.ask((queue) => queue.submit(job, { priority, attempts }), signal);
  }

  /** What a worker has put there meanwhile is left. */
  async #write({ output, replace }: PlannedPicture, bytes: Uint8Array): Promise<void> {
    await makeFolder(output);
    try {
      await this.#own.write(output, (first) =>
        writeFileAtomic(output, bytes, { replace: replace && first }),
      );
    } catch (error) {
      if (!(error instanceof FileError) || error.code !== 'ERR_FILE_EXISTS') throw error;
      if (sha256(await readFileBytes(output)) !== sha256(bytes)) throw error;
    }
  }

  async #place({ id, job, pictures }: Pending): Promise<void> {
    const { store, tally } = this.#options;
    this.#pending.delete(id);
    for (const picture of pictures) {
      try {
        const report = await readReport(store, id);
        await this.#write(picture, await store.read(resultKey(id, job)));
        await tally.add(id, picture, 'placed', report);
      } catch (error) {
        await tally.fail(picture.input, failureOf(error), id);
      }
    }
  }
}

/** Ends sooner when `signal` fires. */
function pauseOf(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
  });
}
