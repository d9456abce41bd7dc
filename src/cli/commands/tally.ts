import { CycleganError } from '../../errors.js';
import type { OpenedGenerator } from '../../generator/openGenerator.js';
import { seconds } from '../../html/text.js';
import type { Unusable } from '../../platform/folderWalk.js';
import { printable } from '../../platform/printable.js';
import type { OutputNote } from '../../translate/outputNote.js';
import { shownName } from '../addresses.js';
import { withoutLine } from '../failureLine.js';
import { describeInput, describeTraits, traitsOf } from '../pictures/networkInput.js';
import type { Failed, Outcome, Translated } from '../pictures/outcome.js';
import { formatNotes } from '../pictures/pictureNotes.js';
import { progressBar } from '../progressBar.js';
import type { TranslateRequest } from '../requests/translate.js';
import { writeData, writeMessage } from '../standardOutput.js';
import { printableJson, type Terminal, tenths } from '../terminal.js';

/** What could not be translated; the rest was. */
export class SomeFailedError extends CycleganError {
  override readonly name = 'SomeFailedError';
  /** @param folders That could not be looked into. */
  constructor(failed: number, total: number, folders: number) {
    const parts = [
      ...(failed > 0 ? [`${failed} of ${total} pictures could not be translated`] : []),
      ...(folders > 0
        ? [`${folders} ${folders === 1 ? 'folder' : 'folders'} not looked into`]
        : []),
    ];
    super('ERR_SOME_FAILED', `${parts.join(', ')}.`);
  }
}

/** Tells how each picture ended, and how far the whole is. */
export class Tally {
  #total: number;
  readonly #request: TranslateRequest;
  readonly #terminal: Terminal;
  /** Unknown until it is there. */
  #generator: OpenedGenerator | null = null;
  #begin = performance.now();
  /** Kinds of notes on outputs that were told: what hints at a wrong network does so for each picture. */
  readonly #told = new Set<OutputNote['kind']>();
  #failed = 0;
  #folders = 0;
  done = 0;

  /** @param total How many pictures there are, those that turn out to be unusable among them. */
  constructor(total: number, request: TranslateRequest, terminal: Terminal) {
    this.#total = total;
    this.#request = request;
    this.#terminal = terminal;
  }

  /** So many more pictures have appeared. */
  expect(more: number): void {
    this.#total += more;
  }

  /** Tells of what cannot even be tried. */
  async addUnusable({ kind, name, error }: Unusable): Promise<void> {
    if (kind === 'folder') this.#folders++;
    else {
      this.#failed++;
      this.done++;
    }
    await this.#tellError(name, error);
  }

  /** The network is there: time runs. */
  begin(generator: OpenedGenerator): void {
    this.#generator = generator;
    this.#begin = performance.now();
  }

  get #network(): OpenedGenerator {
    if (this.#generator === null) throw new Error('no picture is told of before begin()');
    return this.#generator;
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

  async #tellFailure({ job, error }: Failed): Promise<void> {
    this.#failed++;
    await this.#tellError(shownName(job.input.path), error);
  }

  async #tellError(input: string, { code, message }: CycleganError): Promise<void> {
    // Always, with --quiet too: a picture is missing.
    writeMessage(`${this.#terminal.clearLine()}cyclegan: ${printable(message)}\n`);
    await this.#print({ input, error: { code, message } });
  }

  async #tellSuccess({ job, opened, saved, outputNotes, milliseconds }: Translated): Promise<void> {
    const input = shownName(job.input.path);
    const { output } = job;
    const { sized } = opened.prepared;
    const notes = formatNotes(input, opened.notes);
    if (notes !== null) this.#terminal.say(notes);
    this.#tellOnce(input, outputNotes);
    if (!this.#terminal.isLive) {
      const { pipeline } = this.#request.pictures;
      const told = describeInput(sized, this.#network, pipeline);
      this.#terminal.say(
        `${input} (${opened.size.join('x')}) -> ${output} (${saved.size.join('x')}), ${told}, network ${seconds(milliseconds)}`,
      );
    }
    await this.#print({
      input,
      inputSize: opened.size,
      ...traitsOf(sized, this.#network),
      notes: [...opened.notes, ...outputNotes],
      output,
      outputSize: saved.size,
      bytes: saved.bytes,
      sha256: saved.sha256,
      milliseconds: {
        decode: tenths(opened.milliseconds),
        translate: tenths(milliseconds),
        write: tenths(saved.milliseconds),
      },
    });
  }

  #tellOnce(input: string, notes: readonly OutputNote[]): void {
    for (const { kind, message } of notes) {
      if (this.#told.has(kind)) continue;
      this.#told.add(kind);
      this.#terminal.say(`${input}: ${message}`);
    }
  }

  /** How many, how long, how fast. */
  get summary(): string {
    const elapsed = performance.now() - this.#begin;
    const made = this.#total - this.#failed;
    return `${made} ${made === 1 ? 'picture' : 'pictures'} in ${seconds(elapsed)}, ${rate(made, elapsed)}`;
  }

  /** @throws SomeFailedError when any failed. */
  finish(): void {
    const { multipleOf, exactly } = this.#network.sizeRule;
    const padding =
      exactly !== undefined
        ? `, resized to ${exactly}x${exactly} and back`
        : multipleOf > 1
          ? `, padded to multiples of ${multipleOf}`
          : '';
    const traits = describeTraits(this.#network).join(', ');
    this.#terminal.say(`${this.summary}; network input in ${traits}${padding}.`);
    this.throwFailures();
  }

  /** @throws SomeFailedError when any failed. */
  throwFailures(): void {
    if (this.#failed + this.#folders === 0) return;
    // Each has a line of its own.
    throw withoutLine(new SomeFailedError(this.#failed, this.#total, this.#folders));
  }

  #bar(name: string): string {
    const elapsed = performance.now() - this.#begin;
    const what = ` ${this.done}/${this.#total}  ${rate(this.done, elapsed)}`;
    return `${progressBar(this.done / this.#total, elapsed, { what })}  ${name}`;
  }

  async #print(line: object): Promise<void> {
    if (this.#request.json) await writeData(`${printableJson(line)}\n`);
  }
}

function rate(count: number, milliseconds: number): string {
  return `${((1000 * count) / milliseconds).toFixed(2)} a second`;
}
