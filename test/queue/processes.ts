import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const COMMAND = join(import.meta.dirname, '../../dist/cyclegan.mjs');

/** A line that `--json` prints. */
export interface Line {
  readonly id?: string;
  readonly input?: string;
  readonly output?: string;
  readonly state?: string;
  readonly share?: number;
  readonly inputSize?: readonly number[];
  readonly networkSize?: readonly number[];
  readonly outputSize?: readonly number[];
  readonly notes?: readonly { readonly kind: string; readonly message: string }[];
  /** Places that other files have. */
  readonly taken?: readonly string[];
  readonly error?: {
    readonly code: string | null;
    readonly message: string;
    readonly isFinal?: boolean;
  };
}

/** The built command, in a process of its own. */
export class CommandProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #stdout = '';
  stderr = '';

  constructor(args: readonly string[], cwd: string, cache: string) {
    const env = { ...process.env, CYCLEGAN_CACHE: cache };
    this.#child = spawn(process.execPath, [COMMAND, ...args], { cwd, env });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#ended = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  /** What `--json` has printed so far. */
  get lines(): Line[] {
    const whole = this.#stdout.slice(0, this.#stdout.lastIndexOf('\n') + 1);
    return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** @returns The exit code; `null` where a signal ended it. */
  async end(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until something is so. @throws With all that was printed, where the process ends before. */
  async until(condition: (process: this) => boolean, what: string): Promise<void> {
    while (!condition(this)) {
      if (this.hasEnded) throw new Error(`ended before ${what}: ${this.stderr}\n${this.#stdout}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
