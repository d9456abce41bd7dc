import { JobQueue } from '../../queue/jobQueue.js';
import { openServer } from '../../queue/servers/openServer.js';
import type { QueueServer } from '../../queue/servers/server.js';
import type { QueueRequest } from '../requests/queue.js';
import type { Terminal } from '../terminal.js';

/** Between attempts to reach a server that was there before. */
const RETRY_MS = 1000;

/** A submitter's way to a queue, which outlives the server's being away. */
export class QueueSession {
  readonly queue: JobQueue;
  readonly #server: QueueServer;
  readonly #terminal: Terminal;
  #isAway = false;

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
  }

  /** Asks the queue, and again while it does not answer. */
  async ask<T>(question: (queue: JobQueue) => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (;;) {
      try {
        const answer = await question(this.queue);
        this.#isAway = false;
        return answer;
      } catch (error) {
        if (!this.#server.isOutage(error) || signal?.aborted) throw error;
        if (!this.#isAway)
          this.#terminal.say(`${this.#server.name} does not answer; waits for it.`);
        this.#isAway = true;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async close(): Promise<void> {
    await this.queue.close();
    await this.#server.close();
  }
}
