import { AbortError } from '../../errors.js';
import { abortionOf } from '../../platform/abortion.js';
import { happensWithin } from '../../platform/timeLimit.js';
import { JobQueue } from '../../queue/jobQueue.js';
import { openServer } from '../../queue/servers/openServer.js';
import type { QueueServer } from '../../queue/servers/server.js';
import type { QueueRequest } from '../requests/queue.js';
import type { Terminal } from '../terminal.js';

/** Between attempts to reach a server that was there before. */
const RETRY_MS = 1000;
/** So long may a queue take to be left. */
const CLOSE_MS = 2000;

/** A submitter's way to a queue, which outlives the server's being away. */
export class QueueSession {
  readonly queue: JobQueue;
  readonly #server: QueueServer;
  readonly #terminal: Terminal;
  #isAway = false;
  #isClosed = false;

  /** @throws CycleganError where there is no such server. */
  static async open(request: QueueRequest, terminal: Terminal): Promise<QueueSession> {
    const server = await openServer(request.address);
    return new QueueSession(server, request.name, terminal);
  }

  /** Use `QueueSession.open`. */
  constructor(server: QueueServer, name: string, terminal: Terminal) {
    this.#server = server;
    this.#terminal = terminal;
    this.queue = new JobQueue(server, name);
    server.onLost(() => this.#tellOutage());
  }

  /**
   * Asks the queue, and again while it does not answer.
   * @throws AbortError after `signal` fired, also while the question waits for the server.
   */
  async ask<T>(question: (queue: JobQueue) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const abortion = abortionOf(signal);
    try {
      for (;;) {
        try {
          const answer = await Promise.race([abortion.happens, question(this.queue)]);
          this.#isAway = false;
          return answer;
        } catch (error) {
          if (signal?.aborted) throw new AbortError();
          if (!this.#server.isOutage(error)) throw error;
          this.#tellOutage();
        }
        await happensWithin(RETRY_MS, abortion.happens);
      }
    } finally {
      abortion.end();
    }
  }

  #tellOutage(): void {
    if (this.#isAway || this.#isClosed) return;
    this.#isAway = true;
    this.#terminal.say(`${this.#server.name} does not answer; waits for it.`);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await happensWithin(CLOSE_MS, this.queue.close());
    await happensWithin(CLOSE_MS, this.#server.close());
  }
}
