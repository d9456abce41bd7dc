import { CycleganError } from '../errors.js';
import { throwIfAborted } from '../platform/abortion.js';
import { sha256 } from '../platform/sha256.js';
import { happensWithin } from '../platform/timeLimit.js';
import type { BullJob, BullQueue, BullWorker } from './bullmq.js';
import { failureFor, readFailure } from './failure.js';
import { jobId, readJob, resultKey, type TranslationJob } from './job.js';
import { isCancelled } from './jobQueue.js';
import { placeResult } from './placements.js';
import { type JobReport, readReport, writeReport } from './report.js';
import type { QueueServer } from './servers/server.js';
import type { Store } from './store/store.js';

/** Between looks at whether what is being done was cancelled, and between notes on how far it is. */
const LOOK_MS = 1000;
/** A picture that ends its worker is given to so many more, and no other. */
const MAX_STALLS = 5;
/** After an error of the server, workers wait so long before they ask for the next job. */
const RETRY_MS = 1000;
/** Seconds for which an idle worker waits in one call. */
const IDLE_SECONDS = 5;
/** Once nothing is at work, the server has so long to hear of it: a job whose end it does not hear of goes to another worker. */
const GOODBYE_MS = 5000;

/** Picture to picture, by the weights and settings of a job. */
export type TranslateJob = (
  job: TranslationJob,
  options: {
    readonly signal: AbortSignal;
    /** @param share From 0 to 1. */
    readonly onProgress: (share: number) => void;
  },
) => Promise<TranslatedJob>;

/** A whole file, and what there is to tell of it. */
export interface TranslatedJob {
  readonly bytes: Uint8Array;
  readonly report: JobReport;
}

export interface JobWorkerOptions {
  readonly name: string;
  readonly store: Store;
  readonly translate: TranslateJob;
  readonly concurrency: number;
  /** After so long without a sign of life from its worker, a job goes to another one. */
  readonly leaseMs: number;
  readonly onOutcome: (outcome: WorkOutcome) => void;
  /** Called with what the server, or the way to it, has. */
  readonly onTrouble: (error: Error) => void;
}

export interface WorkOutcome {
  readonly id: string;
  readonly name: string;
  readonly milliseconds: number;
  /** Of what went well; `null` where nothing is known of it. */
  readonly report: JobReport | null;
  /** Places where the result was to lie, by their keys, that have other files: those stay. */
  readonly taken: readonly string[];
  /** `null` where it went well. */
  readonly failure: {
    readonly code: string | null;
    readonly message: string;
    readonly isFinal: boolean;
  } | null;
}

type Made = Pick<WorkOutcome, 'report' | 'taken'>;

/** Takes jobs from a queue, does them, and leaves their results in the store. */
export class JobWorker {
  readonly #server: QueueServer;
  readonly #options: JobWorkerOptions;
  readonly #queue: BullQueue;
  readonly #worker: BullWorker;
  /** Jobs that are being done. */
  #atWork = 0;

  constructor(server: QueueServer, options: JobWorkerOptions) {
    this.#server = server;
    this.#options = options;
    const { classes, connection } = server;
    const { name, concurrency, leaseMs, onTrouble } = options;
    this.#queue = new classes.Queue(name, { connection });
    this.#worker = new classes.Worker(name, (job) => this.#process(job), {
      connection,
      concurrency,
      lockDuration: leaseMs,
      stalledInterval: leaseMs,
      maxStalledCount: MAX_STALLS,
      runRetryDelay: RETRY_MS,
      drainDelay: IDLE_SECONDS,
    });
    for (const part of [this.#queue, this.#worker]) part.on('error', onTrouble);
  }

  async ready(): Promise<void> {
    await this.#worker.waitUntilReady();
  }

  /** Whether the server answers. */
  async isAlive(): Promise<boolean> {
    return this.#queue.getJobCounts('active').then(
      () => true,
      () => false,
    );
  }

  /** Takes no more jobs, and completes those that are being done. A server that is away does not hold it. */
  async drain(): Promise<void> {
    const isOver = await this.#rest();
    await happensWithin(GOODBYE_MS, this.#worker.close(!isOver));
    await happensWithin(GOODBYE_MS, this.#queue.close());
  }

  /** @returns Whether the server knows that all is done. */
  async #rest(): Promise<boolean> {
    let isOver = false;
    const { onTrouble } = this.#options;
    const resting = this.#worker.pause().then(
      () => {
        isOver = true;
      },
      (error: Error) => {
        onTrouble(error);
        // What is at work is waited for all the same.
        return new Promise<never>(() => undefined);
      },
    );
    for (;;) {
      const wasIdle = this.#atWork === 0;
      if (!(await happensWithin(GOODBYE_MS, resting)) && !(wasIdle && this.#atWork === 0)) continue;
      return isOver;
    }
  }

  async #process(bullJob: BullJob): Promise<unknown> {
    const { onOutcome } = this.#options;
    this.#atWork++;
    const begin = performance.now();
    const told = { id: bullJob.id ?? '', name: '?' };
    const end = (made: Made, failure: WorkOutcome['failure']) =>
      onOutcome({ ...told, ...made, failure, milliseconds: performance.now() - begin });
    try {
      const job = readJob(bullJob.data);
      told.name = job.name;
      end(await this.#make(bullJob, job), null);
      return null;
    } catch (error) {
      const failure = failureFor(error, this.#server.UnrecoverableError);
      const isFinal = failure instanceof this.#server.UnrecoverableError;
      end({ report: null, taken: [] }, { ...readFailure(failure.message), isFinal });
      throw failure;
    } finally {
      this.#atWork--;
    }
  }

  /** Makes the result, unless an earlier run has. */
  async #make(bullJob: BullJob, job: TranslationJob): Promise<Made> {
    const { store, translate } = this.#options;
    const id = jobId(job);
    if (id !== bullJob.id) {
      throw new CycleganError('ERR_QUEUE_JOB', `${job.name}: the job's number is not its hash.`);
    }
    if (isCancelled(bullJob.data)) throw cancelled(job);
    const key = resultKey(id, job);
    if (await store.has(key)) {
      const taken = await placeResult(store, id, await store.read(key));
      return { report: await readReport(store, id), taken };
    }
    const watch = this.#watch(bullJob, job);
    try {
      const { signal, onProgress } = watch;
      const { bytes, report } = await translate(job, { signal, onProgress });
      throwIfAborted(signal);
      await writeReport(store, id, report);
      await store.write(key, bytes);
      return { report, taken: await placeResult(store, id, bytes) };
    } finally {
      watch.end();
    }
  }

  /** Tells the queue how far a job is, and hears from it whether it was cancelled. */
  #watch(bullJob: BullJob, job: TranslationJob) {
    const controller = new AbortController();
    let told = 0;
    let share = 0;
    const look = async () => {
      if (share > told) {
        told = share;
        await bullJob.updateProgress(share);
      }
      const now = await this.#queue.getJob(bullJob.id ?? '');
      if (now !== undefined && isCancelled(now.data)) controller.abort(cancelled(job));
    };
    // Whoever cannot be told now is told the next time.
    const timer = setInterval(() => void look().catch(this.#options.onTrouble), LOOK_MS);
    return {
      signal: controller.signal,
      onProgress: (now: number) => {
        share = now;
      },
      end: () => clearInterval(timer),
    };
  }
}

function cancelled({ name }: TranslationJob): CycleganError {
  return new CycleganError('ERR_CANCELLED', `${name}: it was cancelled.`);
}

/**
 * The bytes that a job refers to.
 * @throws CycleganError `ERR_QUEUE_JOB` where others lie there now.
 */
export async function readReference(
  store: Store,
  { key, sha256: expected }: { readonly key: string; readonly sha256: string },
): Promise<Uint8Array> {
  const bytes = await store.read(key);
  if (sha256(bytes) === expected) return bytes;
  throw new CycleganError(
    'ERR_QUEUE_JOB',
    `${key}: the file in ${store.name} is not the one that was submitted; submit it again.`,
  );
}
