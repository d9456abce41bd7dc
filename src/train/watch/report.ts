import { encodeJpeg } from '../../image/jpeg/encodeJpeg.js';
import type { Picture } from '../../image/picture.js';
import { encodePng } from '../../image/png/encodePng.js';
import { resize } from '../../image/resize/resize.js';
import { openFile } from '../../platform/byteSource.js';
import { FileError } from '../../platform/fileError.js';
import { isRegularFile, isTaken, makeFolder, writeFileAtomic } from '../../platform/files.js';
import { LossHistory } from './lossHistory.js';
import {
  REPORT_GENERATOR,
  type ReportContent,
  type ReportNote,
  reportPage,
  type ShownSample,
  type ShownSheets,
} from './reportPage.js';
import type { SampleTime } from './sampleFolder.js';
import { type Sample, type SamplePictures, type SampleSide, sampleStrip } from './samples.js';
import type { TrainingStep } from './trainingStep.js';

export interface ReportOptions {
  readonly title: string;
  /** What was asked for, by name. */
  readonly options: ReportContent['options'];
  readonly totalIterations?: number | null;
  readonly totalEpochs?: number | null;
  readonly now?: () => Date;
}

/** Of the sheets of so many iterations small pictures are shown; of more, every second, fourth, … */
const MAX_HISTORY = 48;
/** Pixels of a picture in such a sheet, on its shorter side. */
const HISTORY_SIDE = 128;
const HISTORY_QUALITY = 85;
/** Sheets that are so small as PNG files stay as they are: drawings do, which JPEG would blur. */
const SMALL_PNG_BYTES = 8192;
/** So many samples of each side are shown. */
const MAX_SAMPLES = 8;
const MAX_NOTES = 50;

/**
 * `report.html`: what a run is doing, as one file that is written anew as the run goes on, as a whole each time.
 *
 * ```ts no-run
 * const report = await TrainingReport.begin('runs/report.html', { title: 'horse2zebra', options: { lr: 0.0002 } });
 * report.add({ iteration: 1, epoch: 1, losses, learningRate: 0.0002, seconds: 2.3 });
 * await report.write();
 * ```
 */
export class TrainingReport {
  readonly path: string;
  readonly losses = new LossHistory();
  readonly #options: ReportOptions;
  #newest: ReportContent['newest'] = null;
  #history: ShownSheets[] = [];
  /** Of all iterations that have sheets, those are shown whose number among them is a multiple of this. */
  #everySheet = 1;
  #sheetCount = 0;
  #notes: ReportNote[] = [];
  #writing: Promise<void> = Promise.resolve();

  /** @throws FileError `ERR_FILE_EXISTS` where there is a file of that name that is no report. */
  static async begin(path: string, options: ReportOptions): Promise<TrainingReport> {
    if ((await isTaken(path)) && !(await isReport(path))) {
      throw new FileError(
        'ERR_FILE_EXISTS',
        `${path}: exists already, and is no report of a training run; move it elsewhere.`,
      );
    }
    await makeFolder(path);
    return new TrainingReport(path, options);
  }

  private constructor(path: string, options: ReportOptions) {
    this.path = path;
    this.#options = options;
  }

  /** An iteration is done; they come in turn. */
  add(step: TrainingStep): void {
    this.losses.add(step);
  }

  /** @throws ShapeError for pictures that are not of one size. */
  addSamples(time: SampleTime, samples: readonly Sample[]): void {
    const shown = (['A', 'B'] as const).flatMap((side) =>
      samples.filter((sample) => sample.side === side).slice(0, MAX_SAMPLES),
    );
    this.#newest = { ...time, samples: shown.map(shownSample) };
    const firsts = (['A', 'B'] as const).flatMap(
      (side) => shown.find((sample) => sample.side === side) ?? [],
    );
    this.addSheets(time, firsts);
  }

  /** The same for what is shown small, in the history alone: of an earlier iteration. */
  addSheets(
    time: SampleTime,
    samples: readonly (SamplePictures & { readonly side: SampleSide })[],
  ): void {
    const index = this.#sheetCount++;
    // The last one has stayed while it was the newest.
    if ((index - 1) % this.#everySheet !== 0) this.#history.pop();
    this.#history.push({
      ...time,
      sheets: samples.map((sample) => ({ side: sample.side, image: smallSheet(sample) })),
    });
    if (this.#history.length <= MAX_HISTORY) return;
    this.#everySheet *= 2;
    const last = this.#history.length - 1;
    this.#history = this.#history.filter((_, i) => i % 2 === 0 || i === last);
  }

  /** A sentence for people that stands at the top; the newest fifty do. */
  note(note: ReportNote): void {
    this.#notes = [...this.#notes, note].slice(-MAX_NOTES);
  }

  /**
   * Writes the page. Calls wait for each other.
   * @throws FileError when it cannot be written.
   */
  write(): Promise<void> {
    const write = () =>
      writeFileAtomic(this.path, new TextEncoder().encode(reportPage(this.#content())), {
        replace: true,
      });
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }

  #content(): ReportContent {
    const { title, options, totalIterations = null, totalEpochs = null } = this.#options;
    const { last, points, epochs, secondsPerIteration } = this.losses;
    return {
      ...{ title, options, totalIterations, totalEpochs },
      ...{ last, points, epochs, secondsPerIteration },
      notes: this.#notes,
      newest: this.#newest,
      history: this.#history,
      now: this.#options.now?.() ?? new Date(),
    };
  }
}

/**
 * Of so many iterations with sheets, only those whose number among them is a multiple of this can be shown in the end, and the
 * newest: the others need not be read.
 */
export function sheetStride(count: number): number {
  let stride = 1;
  while (count > 2 * stride * MAX_HISTORY) stride *= 2;
  return stride;
}

function shownSample({ side, name, real, fake, reconstructed }: Sample): ShownSample {
  const { width, height } = real;
  return {
    ...{ side, name, width, height },
    real: encodePng(real),
    fake: encodePng(fake),
    reconstructed: encodePng(reconstructed),
  };
}

function smallSheet(sample: SamplePictures): Uint8Array {
  const small = (picture: Picture) =>
    Math.min(picture.width, picture.height) > HISTORY_SIDE
      ? resize(HISTORY_SIDE)(picture)
      : picture;
  const { real, fake, reconstructed } = sample;
  const strip = sampleStrip({
    real: small(real),
    fake: small(fake),
    reconstructed: small(reconstructed),
  });
  const png = encodePng(strip);
  return png.length <= SMALL_PNG_BYTES ? png : encodeJpeg(strip, HISTORY_QUALITY);
}

/** What stands in the head of a page is within so many bytes: styles come after it. */
const HEAD_BYTES = 4096;

async function isReport(path: string): Promise<boolean> {
  if (!(await isRegularFile(path))) return false;
  const source = await openFile(path);
  const start = await source.read(0, Math.min(source.size, HEAD_BYTES));
  return new TextDecoder().decode(start).includes(`content="${REPORT_GENERATOR}"`);
}
