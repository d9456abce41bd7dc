/** What is used of the package `bullmq` (6.x), which is an optional peer: so much of its types. */

/** A job as BullMQ keeps it. */
export interface BullJob {
  readonly id?: string;
  readonly data: unknown;
  readonly progress: unknown;
  readonly attemptsMade: number;
  readonly failedReason?: string;
  readonly finishedOn?: number;
  getState(): Promise<string>;
  updateData(data: unknown): Promise<void>;
  updateProgress(progress: number): Promise<void>;
  remove(): Promise<void>;
  /** Puts it back in one step, with the options that it has. @throws Where it is not in that state. */
  retry(state: 'failed', options: { readonly resetAttemptsMade: boolean }): Promise<void>;
}

export interface BullJobOptions {
  readonly jobId: string;
  readonly priority?: number;
  readonly attempts: number;
  readonly backoff: {
    readonly type: 'exponential';
    readonly delay: number;
    readonly jitter: number;
  };
  readonly removeOnComplete: { readonly age: number; readonly count: number };
  readonly removeOnFail: { readonly age: number; readonly count: number };
  readonly stackTraceLimit: number;
}

interface Emitter {
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export interface BullQueue extends Emitter {
  add(name: string, data: unknown, options: BullJobOptions): Promise<BullJob>;
  getJob(id: string): Promise<BullJob | undefined>;
  getFailed(start: number, end: number): Promise<readonly (BullJob | undefined)[]>;
  /** The last that came first. */
  getJobs(states: string[], start: number, end: number): Promise<readonly (BullJob | undefined)[]>;
  getJobCounts(...states: string[]): Promise<Readonly<Record<string, number>>>;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

export interface BullWorker extends Emitter {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'stalled', listener: (id: string) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  /** Takes no more jobs, and waits for those that are being done; without an end while Redis is away. */
  pause(): Promise<void>;
  /** @param force Whether it leaves what is being done. */
  close(force: boolean): Promise<void>;
}

export interface BullWorkerOptions<C> {
  readonly connection: C;
  readonly concurrency: number;
  readonly lockDuration: number;
  readonly stalledInterval: number;
  readonly maxStalledCount: number;
  readonly runRetryDelay: number;
  readonly drainDelay: number;
}

export type Processor = (job: BullJob) => Promise<unknown>;

/** Constructors of one kind of server; `C` is what leads to it. */
export interface BullClasses<C> {
  readonly Queue: new (name: string, options: { readonly connection: C }) => BullQueue;
  readonly Worker: new (
    name: string,
    processor: Processor,
    options: BullWorkerOptions<C>,
  ) => BullWorker;
}

export interface BullModule extends BullClasses<unknown> {
  readonly UnrecoverableError: new (message: string) => Error;
  readonly withBackend: (factory: unknown) => BullClasses<unknown>;
  readonly createPostgresBackend: unknown;
  readonly runMigrations: (client: unknown) => Promise<number>;
}
