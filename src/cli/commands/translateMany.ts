import { AbortError, CycleganError } from '../../errors.js';
import type { ValueRange } from '../../generator/family.js';
import type { OpenedGenerator } from '../../generator/openGenerator.js';
import { warmUp } from '../../nn/compile.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { shownName } from '../addresses.js';
import { formatRange } from '../formatRange.js';
import { GalleryFile } from '../gallery/galleryFile.js';
import { beginOpening } from '../generator.js';
import { describeInput } from '../pictures/networkInput.js';
import { removeStaleTemp } from '../pictures/outputs.js';
import { formatNotes } from '../pictures/pictureNotes.js';
import {
  type Failed,
  type Outcome,
  type Translated,
  translateMany,
} from '../pictures/translateMany.js';
import { programNotes } from '../programNotes.js';
import type { TranslateRequest } from '../requests/translate.js';
import { OutputClosedError, writeData, writeMessage } from '../standardOutput.js';
import { printable, printableJson, seconds, type Terminal } from '../terminal.js';
import type { ManyPlan } from './translatePlan.js';

/** Several pictures, with a line for each, and a gallery where it is wanted. */
export async function runMany(
  plan: ManyPlan,
  request: TranslateRequest,
  terminal: Terminal,
): Promise<void> {
  const { jobs, left } = plan;
  await removeStaleTemp(jobs);
  if (left.length === 0 && !request.pictures.gallery) {
    terminal.say(`Nothing to do: all ${jobs.length} pictures are translated.`);
    return;
  }
  await warmUp(request.engine);
  const reading = await beginOpening(request.weights, terminal);
  const generator = await reading();
  const gallery = await beginGallery(plan, request);
  const tally = new Tally(left.length, generator.inputRange, request, terminal);
  const interruption = new Interruption();
  try {
    await translateLeft(plan, generator, { request, gallery, tally, interruption, terminal });
    await gallery?.end(tally.summary);
  } catch (error) {
    await gallery?.discard();
    if (!(error instanceof AbortError)) throw error;
    throw new InterruptedError(interruption.name, tally.done, left.length);
  } finally {
    interruption.end();
  }
  if (gallery !== null) terminal.say(`The gallery is ${gallery.path}`);
  tally.finish();
}

async function beginGallery(
  { folder, jobs, replaceGallery }: ManyPlan,
  { pictures, weights }: TranslateRequest,
): Promise<GalleryFile | null> {
  if (!pictures.gallery) return null;
  const { source } = weights;
  const details = [source === null ? 'the small built-in model' : shownName(source)];
  return GalleryFile.begin(folder, jobs, { replace: replaceGallery, details });
}

/** What a run of many pictures reports to. */
interface Run {
  readonly request: TranslateRequest;
  readonly gallery: GalleryFile | null;
  readonly tally: Tally;
  readonly interruption: Interruption;
  readonly terminal: Terminal;
}

/** Translates what is to do; the gallery then gets the pictures that were done before, too. */
async function translateLeft(
  { jobs, left, replace }: ManyPlan,
  generator: OpenedGenerator,
  { request, gallery, tally, interruption, terminal }: Run,
): Promise<void> {
  const { signal } = interruption;
  await translateMany(left, generator, {
    ...request.pictures,
    replace,
    forward: { ...request.engine, ...programNotes(request.debug, terminal) },
    signal,
    onOutcome: async (outcome) => {
      await gallery?.add(outcome);
      await tally.add(outcome).catch((error: unknown) => {
        if (!(error instanceof OutputClosedError)) throw error;
        interruption.stop('SIGPIPE');
      });
    },
  });
  if (gallery === null) return;
  const done = new Set(left);
  for (const job of jobs) {
    if (signal.aborted) throw new AbortError();
    if (done.has(job)) continue;
    await gallery.addDone(job, request.pictures).catch((error: unknown) => {
      if (!(error instanceof CycleganError)) throw error;
      terminal.say(`${job.output}: not in the gallery (${error.message})`);
    });
  }
}

/** Some pictures could not be translated, the others were. */
class SomeFailedError extends CycleganError {
  constructor(failed: number, total: number) {
    super('ERR_SOME_FAILED', `${failed} of ${total} pictures could not be translated.`);
  }
}

/** The exit code that a shell gives a process that a signal ended. */
export class InterruptedError extends CycleganError {
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals, done: number, total: number) {
    super('ERR_INTERRUPTED', `Interrupted: ${done} of ${total} are done. --resume goes on.`);
    this.exitCode = 128 + (requireBuiltin('os', 'Signals').constants.signals[signal] ?? 0);
  }
}

/** Lets what is being written be completed when the user interrupts; the second time, nothing holds the process. */
class Interruption {
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

/** Tells how each picture ended, and how far the whole is. */
class Tally {
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
