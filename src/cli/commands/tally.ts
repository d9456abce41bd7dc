import { CycleganError } from '../../errors.js';
import type { ValueRange } from '../../generator/family.js';
import { shownName } from '../addresses.js';
import { formatRange } from '../formatRange.js';
import { describeInput } from '../pictures/networkInput.js';
import type { Failed, Outcome, Translated } from '../pictures/outcome.js';
import { formatNotes } from '../pictures/pictureNotes.js';
import type { TranslateRequest } from '../requests/translate.js';
import { writeData, writeMessage } from '../standardOutput.js';
import { printable, printableJson, seconds, type Terminal } from '../terminal.js';

/** Some pictures could not be translated, the others were. */
class SomeFailedError extends CycleganError {
  constructor(failed: number, total: number) {
    super('ERR_SOME_FAILED', `${failed} of ${total} pictures could not be translated.`);
  }
}

/** Tells how each picture ended, and how far the whole is. */
export class Tally {
  readonly #total: number;
  readonly #inputRange: ValueRange;
  readonly #request: TranslateRequest;
  readonly #terminal: Terminal;
  readonly #begin = performance.now();
  #failed = 0;
  done = 0;

  constructor(
    total: number,
    inputRange: ValueRange,
    request: TranslateRequest,
    terminal: Terminal,
  ) {
    this.#total = total;
    this.#inputRange = inputRange;
    this.#request = request;
    this.#terminal = terminal;
  }

  async add(outcome: Outcome): Promise<void> {
    this.done++;
    await this.#tell(outcome);
    this.#terminal.progress(this.#bar(shownName(outcome.job.input.path)));
  }

  async #tell(outcome: Outcome): Promise<void> {
    if ('error' in outcome) await this.#tellFailure(outcome);
    else await this.#tellSuccess(outcome);
  }

  async #tellFailure({ job, error: { code, message } }: Failed): Promise<void> {
    this.#failed++;
    // Always, with --quiet too: a picture is missing.
    writeMessage(`${this.#terminal.clearLine()}cyclegan: ${printable(message)}\n`);
    await this.#print({ input: shownName(job.input.path), error: { code, message } });
  }

  async #tellSuccess({ job, opened, saved, milliseconds }: Translated): Promise<void> {
    const input = shownName(job.input.path);
    const { output } = job;
    const notes = formatNotes(input, opened.notes);
    if (notes !== null) this.#terminal.say(notes);
    if (!this.#terminal.isLive) {
      const { pipeline } = this.#request.pictures;
      const told = describeInput(opened.prepared.sized, this.#inputRange, pipeline);
      this.#terminal.say(
        `${input} (${opened.size.join('x')}) -> ${output} (${saved.size.join('x')}), ${told}, network ${seconds(milliseconds)}`,
      );
    }
    await this.#print({
      input,
      inputSize: opened.size,
      inputRange: this.#inputRange,
      notes: opened.notes,
      output,
      outputSize: saved.size,
      bytes: saved.bytes,
      sha256: saved.sha256,
      milliseconds: {
        decode: opened.milliseconds,
        translate: milliseconds,
        write: saved.milliseconds,
      },
    });
  }

  /** How many, how long, how fast. */
  get summary(): string {
    const elapsed = performance.now() - this.#begin;
    const made = this.#total - this.#failed;
    return `${made} ${made === 1 ? 'picture' : 'pictures'} in ${seconds(elapsed)}, ${rate(made, elapsed)}`;
  }

  /** @throws SomeFailedError when any failed. */
  finish(): void {
    this.#terminal.say(`${this.summary}; network input in ${formatRange(this.#inputRange)}.`);
    if (this.#failed > 0) throw new SomeFailedError(this.#failed, this.#total);
  }

  #bar(name: string): string {
    const elapsed = performance.now() - this.#begin;
    const width = 24;
    const filled = Math.round((width * this.done) / this.#total);
    const left = (elapsed / this.done) * (this.#total - this.done);
    return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${this.done}/${this.#total}  ${rate(this.done, elapsed)}  ${seconds(left)} left  ${name}`;
  }

  async #print(line: object): Promise<void> {
    if (this.#request.json) await writeData(`${printableJson(line)}\n`);
  }
}

function rate(count: number, milliseconds: number): string {
  return `${((1000 * count) / milliseconds).toFixed(2)} a second`;
}
