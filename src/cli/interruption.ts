import { CycleganError } from '../errors.js';
import { requireBuiltin } from '../platform/builtin.js';

/** The exit code that a shell gives a process that a signal ended. */
export class InterruptedError extends CycleganError {
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals, done: number, total: number) {
    super('ERR_INTERRUPTED', `Interrupted: ${done} of ${total} are done. --resume goes on.`);
    this.exitCode = 128 + (requireBuiltin('os', 'Signals').constants.signals[signal] ?? 0);
  }
}

/** Lets what is being written be completed when the user interrupts; the second time, nothing holds the process. */
export class Interruption {
  readonly #controller = new AbortController();
  name: NodeJS.Signals = 'SIGINT';

  constructor() {
    process.on('SIGINT', this.stop);
    process.on('SIGTERM', this.stop);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    process.off('SIGINT', this.stop);
    process.off('SIGTERM', this.stop);
  }

  /** What a signal does, or the end of a pipe that the command writes to. */
  readonly stop = (name: NodeJS.Signals): void => {
    if (this.#controller.signal.aborted) return;
    this.name = name;
    this.end();
    this.#controller.abort();
  };
}
