import { CycleganError } from '../../errors.js';
import { printable } from '../../platform/printable.js';
import type { Failure } from '../../queue/failure.js';
import type { JobReport } from '../../queue/report.js';
import { shownName } from '../addresses.js';
import { SomeFailedError } from '../commands/tally.js';
import { withoutLine } from '../failureLine.js';
import { progressBar } from '../progressBar.js';
import { writeData, writeMessage } from '../standardOutput.js';
import { printableJson, type Terminal } from '../terminal.js';
import { dataOf, decodeLine, fedOf, inBrackets, outputNotesOf } from './jobNotes.js';
import type { PlannedPicture } from './plannedPictures.js';

/** What became of a picture that was submitted: it waits in the queue, or its result is at OUT. */
export type SubmitState = 'submitted' | 'placed';

/** Tells what becomes of each picture that is submitted, and how far the whole is. */
export class SubmitTally {
  readonly total: number;
  readonly #json: boolean;
  readonly #terminal: Terminal;
  readonly #begin = performance.now();
  /** Kinds of notes on results that were told: what hints at a wrong network does so for each picture. */
  readonly #told = new Set<string>();
  #failed = 0;
  #folders = 0;
  done = 0;

  constructor(total: number, json: boolean, terminal: Terminal) {
    this.total = total;
    this.#json = json;
    this.#terminal = terminal;
  }

  /** @param report What is known of a picture that is done. */
  async add(
    id: string,
    { input, output }: PlannedPicture,
    state: SubmitState,
    report: JobReport | null = null,
  ): Promise<void> {
    this.done++;
    const name = shownName(input);
    this.#tellNotes(name, report);
    if (!this.#terminal.isLive) {
      const [from, to] = [report?.inputSize, report?.outputSize].map(inBrackets);
      this.#terminal.say(`${name}${from} -> ${output}${to}: ${state}${fedOf(report)}`);
    }
    await this.#print({ input: name, output, id, state, ...dataOf(report) });
    this.show();
  }

  #tellNotes(name: string, report: JobReport | null): void {
    const decoded = decodeLine(name, report);
    if (decoded !== null) this.#terminal.say(decoded);
    for (const { kind, message } of outputNotesOf(report)) {
      if (this.#told.has(kind)) continue;
      this.#told.add(kind);
      this.#terminal.say(`${name}: ${message}`);
    }
  }

  /** @param input What the error is about. */
  async fail(input: string, { code, message }: Failure, id?: string): Promise<void> {
    this.done++;
    this.#failed++;
    await this.#tellError(shownName(input), { code, message }, id);
    this.show();
  }

  async failFolder(name: string, { code, message }: Failure): Promise<void> {
    this.#folders++;
    await this.#tellError(name, { code, message });
  }

  /** How far pictures are that are one job, from 0 to 1. */
  async advance(id: string, pictures: readonly PlannedPicture[], share: number): Promise<void> {
    for (const { input, output } of pictures) {
      await this.#print({ input: shownName(input), output, id, state: 'active', share });
    }
  }

  /** @param shares Of those at work, together. */
  show(shares = 0): void {
    const elapsed = performance.now() - this.#begin;
    const what = ` ${this.done}/${this.total}`;
    const share = (this.done + shares) / Math.max(1, this.total);
    this.#terminal.progress(progressBar(share, elapsed, { what }));
  }

  /** @throws SomeFailedError when any failed. */
  throwFailures(): void {
    if (this.#failed + this.#folders === 0) return;
    throw withoutLine(new SomeFailedError(this.#failed, this.total, this.#folders));
  }

  async #tellError(input: string, error: Failure, id?: string): Promise<void> {
    writeMessage(`${this.#terminal.clearLine()}cyclegan: ${printable(error.message)}\n`);
    await this.#print({ input, id, error });
  }

  async #print(line: object): Promise<void> {
    if (this.#json) await writeData(`${printableJson(line)}\n`);
  }
}

/** What a user can cause is told; anything else is a mistake here, and ends the run. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CycleganError) return { code: error.code, message: error.message };
  throw error;
}
