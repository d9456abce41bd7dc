import { AbortError, CycleganError } from '../errors.js';
import { isAbortion } from '../platform/abortion.js';
import { requireBuiltin } from '../platform/builtin.js';

/** The exit code that a shell gives a process that a signal ended. */
export class InterruptedError extends CycleganError {
  override readonly name = 'InterruptedError';
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals, message: string) {
    super('ERR_INTERRUPTED', message);
    this.exitCode = 128 + (requireBuiltin('os', 'Signals').constants.signals[signal] ?? 0);
  }
}

/** By whoever wants the end of it: the second time, nothing holds the process. */
const BY_USERS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];
/**
 * A terminal that is closed sends it, and so does its shell: two at once are nobody's impatience. Node ends by it even under
 * nohup.
 */
const HANGUP = 'SIGHUP';

/** Lets what is being written be completed when the user interrupts, or a terminal is closed. */
export class Interruption {
  readonly #controller = new AbortController();
  name: NodeJS.Signals = 'SIGINT';

  constructor() {
    for (const signal of [...BY_USERS, HANGUP]) process.on(signal, this.stop);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Comes when a signal does. */
  happens(): Promise<void> {
    const { signal } = this;
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  end(): void {
    for (const signal of [...BY_USERS, HANGUP]) process.off(signal, this.stop);
  }

  /** What a signal does, or the end of a pipe that the command writes to. */
  readonly stop = (name: NodeJS.Signals): void => {
    if (this.#controller.signal.aborted) return;
    this.name = name;
    // Not at once: who is also told of this signal has to see that somebody completes what is being written.
    setImmediate(() => {
      for (const signal of BY_USERS) process.off(signal, this.stop);
    });
    this.#controller.abort(new AbortError());
  };
}

/**
 * Work that signals of the user end once it says so, and with the process before that. A network whose values lie in a file is told to
 * stop, so that it can go on another time.
 */
export class LaterInterruption {
  #begun: Interruption | null = null;

  /** From now on, signals of the user end the work. */
  begin(): AbortSignal {
    this.#begun ??= new Interruption();
    return this.#begun.signal;
  }

  /** @throws InterruptedError where such a signal has ended it. */
  async during(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const begun = this.#begun;
      if (begun === null || !isAbortion(error, begun.signal)) throw error;
      throw new InterruptedError(begun.name, 'Interrupted.');
    } finally {
      this.#begun?.end();
    }
  }
}
