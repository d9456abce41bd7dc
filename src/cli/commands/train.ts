import { CycleganError } from '../../errors.js';
import { settleEngine } from '../../nn/settleEngine.js';
import { isAbortion } from '../../platform/abortion.js';
import { resolveSettings } from '../../train/options/settings.js';
import type { TrainOptions, TrainResult } from '../../train/run/options.js';
import { trainCycleGan } from '../../train/run/trainCycleGan.js';
import { InterruptedError, Interruption } from '../interruption.js';
import { spelledAsOptions, type TrainRequest } from '../requests/train.js';
import { writeData } from '../standardOutput.js';
import { printableJson, type Terminal } from '../terminal.js';
import { TrainProgress } from './trainProgress.js';

/** Codes of errors that name settings. */
const NAMES_SETTINGS: readonly string[] = [
  'ERR_TRAIN_CHANGED',
  'ERR_TRAIN_DATA',
  'ERR_TRAIN_NETWORK',
];

export async function runTrain(request: TrainRequest, terminal: Terminal): Promise<void> {
  const { options, json } = request;
  const interruption = new Interruption();
  const lines = new DataLines(json, () => interruption.stop('SIGPIPE'));
  const progress = new TrainProgress(terminal);
  let saved = 0;
  try {
    const { engine, threads, allowV8Flags, revectorize } = options;
    await settleEngine({ engine, threads, allowV8Flags, revectorize });
    const result = await trainCycleGan({
      ...options,
      signal: interruption.signal,
      pictureThreadFile: new URL(import.meta.url),
      onPicture: (looked, total) => terminal.progress(`Looking at pictures: ${looked} of ${total}`),
      onNote: (note) => terminal.say(note),
      onIteration: (report) => {
        lines.write({ event: 'iteration', ...report.entry });
        progress.iteration(report);
      },
      onCheckpoint: (report) => {
        saved = report.iteration;
        lines.write({ event: 'checkpoint', ...report });
        progress.checkpoint(report);
      },
    });
    lines.write({
      event: 'end',
      iterations: result.iterations,
      done: result.done,
      weights: result.weights,
    });
    await lines.settled();
    sayEnd(result, options, terminal);
  } catch (error) {
    await lines.settled();
    if (isAbortion(error, interruption.signal)) {
      throw new InterruptedError(
        interruption.name,
        saved === 0
          ? 'Interrupted. The same command goes on.'
          : `Interrupted: iteration ${saved} is saved, and the same command goes on from there.`,
      );
    }
    throw spelled(error);
  } finally {
    interruption.end();
  }
}

function sayEnd(
  { iterations, done, weights }: TrainResult,
  options: TrainOptions,
  terminal: Terminal,
): void {
  const { run } = options;
  terminal.say(
    done === 0
      ? `Nothing to do: all ${iterations} iterations of ${run} are done; more --n-epochs or --max-iterations go on.`
      : `Done after ${iterations} iterations. cyclegan IN OUT --weights ${weights.G_A}${resizeOption(options)}`,
  );
}

/** Things look to a network as large as they did in training, where that is not the command's own size. */
function resizeOption(options: TrainOptions): string {
  const { preprocess, loadSize } = resolveSettings(options, options.preset);
  if (preprocess === 'resize_and_crop') {
    // The authors train at 286 and translate at 256.
    return loadSize === 286 ? '' : ` --resize ${loadSize}`;
  }
  return preprocess.startsWith('scale_width')
    ? ` --resize scale-width:${loadSize}`
    : ' --resize none';
}

/** An error as the command speaks of options. */
function spelled(error: unknown): unknown {
  if (!(error instanceof CycleganError) || !NAMES_SETTINGS.includes(error.code)) return error;
  return new CycleganError(error.code, spelledAsOptions(error.message), { cause: error });
}

/** Lines of JSON on standard output, one after the other. */
class DataLines {
  readonly #wanted: boolean;
  readonly #onClosed: () => void;
  #last: Promise<void> = Promise.resolve();
  #failure: unknown = null;

  /** @param onClosed Called once nobody reads any more, or nothing can be written. */
  constructor(wanted: boolean, onClosed: () => void) {
    this.#wanted = wanted;
    this.#onClosed = onClosed;
  }

  write(value: object): void {
    if (!this.#wanted) return;
    this.#last = this.#last.then(async () => {
      if (this.#failure !== null) return;
      try {
        await writeData(`${printableJson(value)}\n`);
      } catch (error) {
        this.#failure = error;
        this.#onClosed();
      }
    });
  }

  /** @throws What writing has failed with. */
  async settled(): Promise<void> {
    await this.#last;
    if (this.#failure !== null) throw this.#failure;
  }
}
