import { CycleganError } from '../errors.js';
import type { BullJob, BullJobOptions, BullQueue } from './bullmq.js';
import { type Failure, readFailure } from './failure.js';
import { jobId, readJob, type TranslationJob } from './job.js';
import type { InUse } from './retention.js';
import type { QueueServer } from './servers/server.js';

/** BullMQ's name for the kind of job. */
const KIND = 'translate';
/** 1, 2, 4, 8 seconds, each up to a half less, so that workers do not come back all at once. */
const BACKOFF = { type: 'exponential', delay: 1000, jitter: 0.5 } as const;
/** What is done is known for so long; its result stays in the store. */
const KEEP_DONE = { age: 86_400, count: 10_000 } as const;
/** Dead letters: for so long can be asked what went wrong. */
const KEEP_FAILED = { age: 30 * 86_400, count: 100_000 } as const;
/** Jobs that are asked for at once. */
const PAGE = 500;
/** States of what is to be done, or may be put back. */
const UNDONE = ['waiting', 'prioritized', 'delayed', 'active', 'paused', 'failed'] as const;

export interface SubmitOptions {
  /** From 1 (first) on; 0: before all of those. */
  readonly priority: number;
  /** So often is a job tried that may go well another time. */
  readonly attempts: number;
}

/** How far a job is. */
export type JobState =
  | { readonly kind: 'missing' }
  | { readonly kind: 'waiting' }
  /** `share` from 0 to 1. */
  | { readonly kind: 'active'; readonly share: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** A dead letter. */
export interface DeadLetter {
  readonly id: string;
  /** What the picture is called. */
  readonly name: string;
  readonly attempts: number;
  /** When it failed for good, in milliseconds since 1970. */
  readonly failedAt: number;
  readonly failure: Failure;
}

/** What workers do with a job that was cancelled: they look at its data. */
export function isCancelled(data: unknown): boolean {
  return (
    typeof data === 'object' && data !== null && 'cancelled' in data && data.cancelled === true
  );
}

/** A queue of pictures that are to be translated, as submitters see it. */
export class JobQueue {
  readonly #queue: BullQueue;

  constructor(server: QueueServer, name: string) {
    const { classes, connection } = server;
    this.#queue = new classes.Queue(name, { connection });
    // Calls fail for themselves.
    this.#queue.on('error', () => undefined);
  }

  async ready(): Promise<void> {
    await this.#queue.waitUntilReady();
  }

  /** Adds a job. One that is in the queue is left there, and one that has failed, or whose result is lost, begins anew. */
  async submit(job: TranslationJob, { priority, attempts }: SubmitOptions): Promise<string> {
    const id = jobId(job);
    const earlier = await this.#queue.getJob(id);
    if (earlier !== undefined) {
      if (earlier.finishedOn === undefined) {
        if (isCancelled(earlier.data)) await earlier.updateData(job);
        return id;
      }
      if (!(await this.#remove(earlier))) return id;
    }
    const options: BullJobOptions = {
      jobId: id,
      attempts,
      backoff: BACKOFF,
      removeOnComplete: KEEP_DONE,
      removeOnFail: KEEP_FAILED,
      stackTraceLimit: 1,
      ...(priority > 0 ? { priority } : {}),
    };
    await this.#queue.add(KIND, job, options);
    return id;
  }

  /** @returns `false` where another submitter was faster: the job is in the queue again. */
  async #remove(job: BullJob): Promise<boolean> {
    try {
      await job.remove();
      return true;
    } catch (error) {
      const now = await this.#queue.getJob(job.id ?? '');
      if (now === undefined) return true;
      if (now.finishedOn === undefined) return false;
      throw error;
    }
  }

  async stateOf(id: string): Promise<JobState> {
    const job = await this.#queue.getJob(id);
    if (job === undefined) return { kind: 'missing' };
    if (job.finishedOn !== undefined) {
      // Its reason to fail tells nothing: it stays when the job goes well later.
      const state = await job.getState();
      if (state === 'completed') return { kind: 'done' };
      if (state === 'failed') {
        return { kind: 'failed', failure: readFailure(job.failedReason ?? '') };
      }
      // Another submitter has put it back meanwhile.
      return { kind: 'waiting' };
    }
    if (isCancelled(job.data)) return { kind: 'failed', failure: CANCELLED };
    const share = typeof job.progress === 'number' ? job.progress : 0;
    return share > 0 ? { kind: 'active', share } : { kind: 'waiting' };
  }

  /** Has a job not be done, or ended where it is. @returns Whether there was anything to cancel. */
  async cancel(id: string): Promise<boolean> {
    const job = await this.#queue.getJob(id);
    if (job === undefined || job.finishedOn !== undefined) return false;
    await job.updateData({ ...readJob(job.data), cancelled: true });
    return true;
  }

  /** Those that failed for good, the last one first. */
  async *deadLetters(): AsyncGenerator<DeadLetter> {
    for (let start = 0; ; start += PAGE) {
      const page = await this.#queue.getFailed(start, start + PAGE - 1);
      for (const job of page) if (job !== undefined) yield deadLetter(job);
      if (page.length < PAGE) return;
    }
  }

  /**
   * Puts a dead letter back, with the priority and the attempts that it had.
   * @throws CycleganError `ERR_QUEUE_JOB` where there is none of that number, or it is no job.
   */
  async retry(id: string): Promise<void> {
    const job = await this.#queue.getJob(id);
    if (job?.finishedOn === undefined || (await job.getState()) !== 'failed') {
      throw new CycleganError('ERR_QUEUE_JOB', `${id}: there is no dead letter of this number.`);
    }
    const data = readJob(job.data);
    if (isCancelled(job.data)) await job.updateData(data);
    await job.retry('failed', { resetAttemptsMade: true });
  }

  /** How many jobs wait, are being done, or have failed. */
  async counts(): Promise<Readonly<Record<string, number>>> {
    return this.#queue.getJobCounts('waiting', 'prioritized', 'delayed', 'active', 'failed');
  }

  /** What jobs need that are not done, dead letters among them. */
  async inUse(): Promise<InUse> {
    const keys = new Set<string>();
    const ids = new Set<string>();
    // Jobs go from one state to another meanwhile: what the first look misses, the second sees.
    for (const state of [...UNDONE, ...UNDONE]) {
      for await (const { id = '', data } of this.#jobs(state)) {
        ids.add(id);
        for (const key of keysOf(data)) keys.add(key);
      }
    }
    return { keys, ids };
  }

  async *#jobs(state: string): AsyncGenerator<BullJob> {
    for (let start = 0; ; start += PAGE) {
      const page = await this.#queue.getJobs([state], start, start + PAGE - 1);
      for (const job of page) if (job !== undefined) yield job;
      if (page.length < PAGE) return;
    }
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }
}

/** Keys that a job refers to; none of what is no job. */
function keysOf(data: unknown): string[] {
  const { picture, weights } = Object(data) as Partial<TranslationJob>;
  return [picture?.key, weights?.key].filter((key) => typeof key === 'string');
}

const CANCELLED: Failure = { code: 'ERR_CANCELLED', message: 'It was cancelled.' };

function deadLetter(job: BullJob): DeadLetter {
  const { id = '', data, attemptsMade, failedReason = '', finishedOn = 0 } = job;
  return {
    id,
    name: nameOf(data),
    attempts: attemptsMade,
    failedAt: finishedOn,
    failure: readFailure(failedReason),
  };
}

/** Also of what is no job: it is a dead letter for that reason. */
function nameOf(data: unknown): string {
  const { name } = Object(data) as { readonly name?: unknown };
  return typeof name === 'string' ? name : '?';
}
