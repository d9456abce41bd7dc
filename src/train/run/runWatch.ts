import { CycleganError } from '../../errors.js';
import { toImage } from '../../image/convert.js';
import type { Picture } from '../../image/picture.js';
import { requireBuiltin } from '../../platform/builtin.js';
import { Tensor } from '../../tensor/tensor.js';
import type { TrainSettings } from '../options/trainOptions.js';
import type { LogEntry } from '../runLog.js';
import type { Sample, SampleSide } from '../watch/samples.js';
import {
  type CheckpointMark,
  checkpointBefore,
  describeTrouble,
  type Trouble,
} from '../watch/sentinels.js';
import type { TrainingStep } from '../watch/trainingStep.js';
import { TrainingWatch } from '../watch/trainingWatch.js';

/** The run has gone wrong in a way that more iterations do not mend. */
export class TrainingTroubleError extends CycleganError {
  override readonly name = 'TrainingTroubleError';
  readonly trouble: Trouble;

  constructor(message: string, trouble: Trouble) {
    super('ERR_TRAIN_TROUBLE', message);
    this.trouble = trouble;
  }
}

/** The pictures of an iteration, `[N, 3, H, W]` in [−1, 1]. */
export interface Visuals {
  readonly names: { readonly a: string; readonly b: string };
  readonly realA: Tensor;
  readonly fakeB: Tensor;
  readonly recA: Tensor;
  readonly realB: Tensor;
  readonly fakeA: Tensor;
  readonly recB: Tensor;
}

export interface RunWatchOptions {
  readonly run: string;
  readonly settings: TrainSettings;
  /** Iterations that are done; `null` for a new run. */
  readonly resumeAfter: number | null;
  readonly totalIterations: number;
}

/** The report is written anew when it is so old. */
const MAX_UNWRITTEN_MS = 30_000;

/** What people see of a run: report, samples, event files, and what is wrong with it. */
export class RunWatch {
  readonly #run: string;
  readonly #watch: TrainingWatch;
  #visuals: Visuals | null = null;
  #writtenAt = performance.now();

  private constructor(run: string, watch: TrainingWatch) {
    this.#run = run;
    this.#watch = watch;
  }

  static async begin(options: RunWatchOptions): Promise<RunWatch> {
    const { run, settings, resumeAfter, totalIterations } = options;
    const { basename, resolve } = requireBuiltin('path', 'Training');
    const watch = await TrainingWatch.begin(run, {
      title: basename(resolve(run)),
      options: { ...settings },
      totalIterations,
      totalEpochs: settings.nEpochs + settings.nEpochsDecay,
      ganMode: settings.ganMode,
      resumeAfter,
    });
    return new RunWatch(run, watch);
  }

  /** An iteration of an earlier call. */
  replay(entry: LogEntry): void {
    this.#watch.replay(stepOf(entry));
  }

  /** @returns What is wrong with the run; `null` as long as nothing is. */
  async see(entry: LogEntry, visuals: Visuals): Promise<Trouble | null> {
    this.#visuals = visuals;
    const trouble = this.#watch.see(stepOf(entry));
    if (performance.now() - this.#writtenAt > MAX_UNWRITTEN_MS) await this.write();
    return trouble;
  }

  /** Keeps the pictures of the last iteration as samples. */
  async addSamples({ epoch, iteration }: LogEntry): Promise<void> {
    if (this.#visuals === null) return;
    const { names, realA, fakeB, recA, realB, fakeA, recB } = this.#visuals;
    this.#visuals = null;
    await this.#watch.addSamples({ epoch, iteration }, [
      sampleOf('A', names.a, realA, fakeB, recA),
      sampleOf('B', names.b, realB, fakeA, recB),
    ]);
  }

  /**
   * Tells of what is wrong, in the report, too.
   * @param kept Epochs whose weights were kept.
   */
  async troubleError(
    trouble: Trouble,
    kept: readonly CheckpointMark[],
  ): Promise<TrainingTroubleError> {
    const back = checkpointBefore(trouble, kept);
    const text = describeTrouble(trouble, back);
    this.#watch.note({ iteration: trouble.iteration, kind: 'alert', text });
    await this.write();
    const how =
      back === null
        ? ''
        : ` (--init ${this.#run} --epoch ${back.epoch}, and another folder for the new run)`;
    return new TrainingTroubleError(`${text}${how}`, trouble);
  }

  /** Brings the files up to date. */
  async write(): Promise<void> {
    await this.#watch.write();
    this.#writtenAt = performance.now();
  }
}

function stepOf({ iteration, epoch, seconds, lr, ...losses }: LogEntry): TrainingStep {
  return { iteration, epoch, losses, learningRate: lr, seconds };
}

function sampleOf(
  side: SampleSide,
  name: string,
  real: Tensor,
  fake: Tensor,
  reconstructed: Tensor,
): Sample {
  return {
    ...{ side, name },
    real: firstPicture(real),
    fake: firstPicture(fake),
    reconstructed: firstPicture(reconstructed),
  };
}

/** The first picture of a batch, from [−1, 1] to bytes. */
function firstPicture({ data, shape }: Tensor): Picture {
  const [, ...picture] = shape;
  const size = data.length / shape[0];
  const scaled = Float32Array.from(data.subarray(0, size), (value) => (value + 1) / 2);
  return toImage(new Tensor(scaled, picture));
}
