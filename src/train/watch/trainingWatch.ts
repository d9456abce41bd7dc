import { requireBuiltin } from '../../platform/builtin.js';
import { NOTES_NAME } from '../checkpoint/names.js';
import { NoteFile } from './noteFile.js';
import { type ReportOptions, sheetStride, TrainingReport } from './report.js';
import type { ReportNote } from './reportPage.js';
import { listSheets, readSheet, type SampleTime, storeSheets } from './sampleFolder.js';
import type { Sample } from './samples.js';
import { type GanMode, lookAtLosses, NO_SENTINEL_STATE, type Trouble } from './sentinels.js';
import { EventFile } from './tensorBoard.js';
import { LOSS_NAMES, type TrainingStep } from './trainingStep.js';

export interface WatchOptions extends ReportOptions {
  /** Default: `lsgan`. */
  readonly ganMode?: GanMode;
  /** Iterations from one that TensorBoard is told of to the next; default: 10. */
  readonly scalarEvery?: number;
  /**
   * The last iteration that a run which goes on has behind it; `null` for a run from its start. Each of its iterations has then to
   * come by `replay` before the first by `see`.
   */
  readonly resumeAfter?: number | null;
}

/**
 * All that lets people watch a run, in the run's folder: `report.html`, `samples/` and `tensorboard/`; and the sentinels.
 *
 * ```ts no-run
 * const watch = await TrainingWatch.begin('runs/zebra', { title: 'horse2zebra', options: { lr: 0.0002 } });
 * const trouble = watch.see({ iteration: 1, epoch: 1, losses, learningRate: 0.0002, seconds: 2.3 });
 * await watch.addSamples({ epoch: 1, iteration: 1 }, [{ side: 'A', name: 'n02381460_2.jpg', real, fake, reconstructed }]);
 * await watch.write();
 * ```
 */
export class TrainingWatch {
  readonly #report: TrainingReport;
  readonly #events: EventFile;
  readonly #samples: string;
  readonly #notes: NoteFile;
  readonly #ganMode: GanMode;
  readonly #scalarEvery: number;
  #sentinels = NO_SENTINEL_STATE;

  /** @throws FileError where something of a name that is needed is not a run's, or cannot be written. */
  static async begin(folder: string, options: WatchOptions): Promise<TrainingWatch> {
    const { join } = requireBuiltin('path', 'Watching a run');
    const { resumeAfter = null } = options;
    const report = await TrainingReport.begin(join(folder, 'report.html'), options);
    const events = await EventFile.begin(join(folder, 'tensorboard'), { resumeAfter });
    const notes = await NoteFile.begin(join(folder, NOTES_NAME), resumeAfter !== null);
    for (const note of notes.notes) report.note(note);
    const watch = new TrainingWatch(report, events, notes, join(folder, 'samples'), options);
    if (resumeAfter !== null) await watch.#restoreSamples(resumeAfter);
    return watch;
  }

  private constructor(
    report: TrainingReport,
    events: EventFile,
    notes: NoteFile,
    samples: string,
    { ganMode = 'lsgan', scalarEvery = 10 }: WatchOptions,
  ) {
    this.#report = report;
    this.#events = events;
    this.#notes = notes;
    this.#samples = samples;
    this.#ganMode = ganMode;
    this.#scalarEvery = scalarEvery;
  }

  /** An iteration of a run that goes on, which was seen before: TensorBoard knows it. */
  replay(step: TrainingStep): void {
    this.#report.add(step);
    this.#sentinels = lookAtLosses(this.#sentinels, step, { ganMode: this.#ganMode }).state;
  }

  /** An iteration is done. @returns What is wrong with the run, or `null`. */
  see(step: TrainingStep): Trouble | null {
    const { iteration, losses, learningRate } = step;
    this.#report.add(step);
    const { state, trouble } = lookAtLosses(this.#sentinels, step, { ganMode: this.#ganMode });
    this.#sentinels = state;
    if (iteration === 1 || iteration % this.#scalarEvery === 0 || trouble !== null) {
      this.#events.scalars(iteration, {
        ...Object.fromEntries(LOSS_NAMES.map((name) => [`loss/${name}`, losses[name]])),
        learning_rate: learningRate,
      });
    }
    return trouble;
  }

  /**
   * Samples of the networks as they are: each as a PNG file, for TensorBoard, and for the report.
   * @throws FileError when they cannot be written; ShapeError for pictures that are not of one size.
   */
  async addSamples(time: SampleTime, samples: readonly Sample[]): Promise<void> {
    const sheets = await storeSheets(this.#samples, time, samples);
    const counts = { A: 0, B: 0 };
    for (const [i, { side }] of samples.entries()) {
      this.#events.image(time.iteration, `samples/${side}_${++counts[side]}`, sheets[i]);
    }
    this.#report.addSamples(time, samples);
  }

  /** A sentence that stands at the top of the report, once, also when the run goes on. */
  note(note: ReportNote): void {
    if (this.#notes.add(note)) this.#report.note(note);
  }

  /**
   * Brings the files up to date.
   * @throws FileError when they cannot be written.
   */
  async write(): Promise<void> {
    await Promise.all([this.#events.flush(), this.#notes.write(), this.#report.write()]);
  }

  async #restoreSamples(upTo: number): Promise<void> {
    const stored = await listSheets(this.#samples, upTo);
    const stride = sheetStride(stored.length);
    for (const [i, { files, ...time }] of stored.entries()) {
      const isNewest = i === stored.length - 1;
      const isShown = isNewest || i % stride === 0;
      const wanted = isNewest ? files : files.filter(isFirstOfSide).filter(() => isShown);
      const samples: Sample[] = [];
      for (const { side, name } of wanted) {
        const pictures = await readSheet(this.#samples, name);
        if (pictures !== null) samples.push({ side, name, ...pictures });
      }
      if (isNewest) this.#report.addSamples(time, samples);
      else this.#report.addSheets(time, samples);
    }
  }
}

function isFirstOfSide<T extends { side: string }>(
  file: T,
  at: number,
  all: readonly T[],
): boolean {
  return all.findIndex(({ side }) => side === file.side) === at;
}
