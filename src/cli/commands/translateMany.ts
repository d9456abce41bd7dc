import { AbortError, CycleganError } from '../../errors.js';
import { warmUp } from '../../nn/compile.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { shownName } from '../addresses.js';
import { GalleryFile } from '../gallery/galleryFile.js';
import { openGenerator } from '../generator.js';
import { sweep } from '../pictures/outputs.js';
import { formatNotes } from '../pictures/pictureNotes.js';
import { type Ending, translateMany } from '../pictures/translateMany.js';
import { programNotes } from '../programNotes.js';
import { OutputClosedError, writeData, writeMessage } from '../standardOutput.js';
import { printable, printableJson, seconds, type Terminal } from '../terminal.js';
import type { Invocation } from '../usage.js';
import type { TranslateRequest } from './translateOptions.js';
import type { ManyPlan } from './translatePlan.js';

export async function runMany(
  { jobs, left, folder, replace, replaceGallery }: ManyPlan,
  request: TranslateRequest,
  invocation: Invocation,
  terminal: Terminal,
): Promise<void> {
  await sweep(jobs);
  const { gallery: wanted } = request;
  if (left.length === 0 && !wanted) {
    terminal.say(`Nothing to do: all ${jobs.length} pictures are translated.`);
    return;
  }
  await warmUp(request.engine);
  const weights = invocation.text('weights');
  const netG = await (await openGenerator(weights, invocation.text('key'), terminal))();
  const gallery = wanted
    ? await GalleryFile.begin(folder, jobs, {
        replace: replaceGallery,
        details: [weights === undefined ? 'the small built-in model' : shownName(weights)],
      })
    : null;
  const tally = new Tally(left.length, terminal, invocation.flag('json'));
  const interruption = new Interruption();
  try {
    await translateMany(left, netG, {
      ...request,
      replace,
      forward: { ...request.engine, ...programNotes(invocation.flag('debug'), terminal) },
      signal: interruption.signal,
      onEnd: async (ending) => {
        await gallery?.add(ending);
        await tally.add(ending).catch((error: unknown) => {
          if (!(error instanceof OutputClosedError)) throw error;
          interruption.stop('SIGPIPE');
        });
      },
    });
    const done = new Set(left);
    for (const job of gallery === null ? [] : jobs) {
      if (interruption.signal.aborted) throw new AbortError();
      if (done.has(job)) continue;
      await gallery?.addDone(job, request).catch((error: unknown) => {
        if (!(error instanceof CycleganError)) throw error;
        terminal.say(`${job.output}: not in the gallery (${error.message})`);
      });
    }
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
  readonly #terminal: Terminal;
  readonly #json: boolean;
  readonly #begin = performance.now();
  #failed = 0;
  done = 0;

  constructor(total: number, terminal: Terminal, json: boolean) {
    this.#total = total;
    this.#terminal = terminal;
    this.#json = json;
  }

  async add(ending: Ending): Promise<void> {
    this.done++;
    await this.#tell(ending);
    this.#terminal.progress(this.#bar(shownName(ending.job.input.path)));
  }

  async #tell(ending: Ending): Promise<void> {
    const { output } = ending.job;
    const input = shownName(ending.job.input.path);
    if ('error' in ending) {
      const { code, message } = ending.error;
      this.#failed++;
      // Always, with --quiet too: a picture is missing.
      writeMessage(`${this.#terminal.clearLine()}cyclegan: ${printable(message)}\n`);
      await this.#print({ input, error: { code, message } });
    } else {
      const { opened, saved, milliseconds } = ending;
      const notes = formatNotes(input, opened.notes);
      if (notes !== null) this.#terminal.say(notes);
      const times = {
        decode: opened.milliseconds,
        translate: milliseconds,
        write: saved.milliseconds,
      };
      if (!this.#terminal.isLive) {
        this.#terminal.say(
          `${input} (${opened.size.join('x')}) -> ${output} (${saved.size.join('x')}), network ${seconds(milliseconds)}`,
        );
      }
      await this.#print({
        input,
        inputSize: opened.size,
        notes: opened.notes,
        output,
        outputSize: saved.size,
        bytes: saved.bytes,
        sha256: saved.sha256,
        milliseconds: times,
      });
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
    this.#terminal.say(`${this.summary}.`);
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
    if (this.#json) await writeData(`${printableJson(line)}\n`);
  }
}

function rate(count: number, milliseconds: number): string {
  return `${((1000 * count) / milliseconds).toFixed(2)} a second`;
}
