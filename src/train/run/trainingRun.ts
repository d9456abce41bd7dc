import { CycleganError } from '../../errors.js';
import { abortReason } from '../../platform/abortion.js';
import type { CheckpointStore } from '../checkpoint/checkpointStore.js';
import { type Batch, type BatchSource, readBatches } from '../data/batches.js';
import type { DataOrder } from '../data/dataOrder.js';
import type { TrainSettings } from '../options/trainOptions.js';
import type { LogEntry, RunLog } from '../runLog.js';
import { learningRate } from '../schedule.js';
import { type CheckpointParts, makeCheckpoint } from './makeCheckpoint.js';
import type { TrainOptions } from './options.js';
import { throughPool } from './pools.js';
import type { RunWatch } from './runWatch.js';

/** All that a run consists of, once everything is prepared. */
export interface RunParts extends CheckpointParts {
  readonly options: TrainOptions;
  readonly settings: TrainSettings;
  readonly batches: BatchSource;
  readonly store: CheckpointStore;
  readonly log: RunLog;
  readonly watch: RunWatch;
}

/** Without `saveLatestFreq`, a checkpoint is written when the last is so old. */
const MAX_UNSAVED_MS = 600_000;

/** Trains from one iteration to another. */
export class TrainingRun {
  readonly #parts: RunParts;
  /** Iterations that are done. */
  #iteration: number;
  /** Iterations that the last checkpoint holds. */
  #saved: number;
  #savedAt = performance.now();
  #last: LogEntry | null = null;

  /** @param iteration What the checkpoint holds with which it begins. */
  constructor(parts: RunParts, iteration: number) {
    this.#parts = parts;
    this.#iteration = iteration;
    this.#saved = iteration;
  }

  get iteration(): number {
    return this.#iteration;
  }

  get last(): LogEntry | null {
    return this.#last;
  }

  /** Iterations after which the run ends. */
  get total(): number {
    return iterationsOf(this.#parts.settings, this.#parts.batches.order);
  }

  /**
   * Trains until the end. Whatever ends it before, what was trained is saved, but for weights that are no numbers.
   * @throws TrainingTroubleError; the signal's reason; CycleganError for pictures that can no longer be read, or files that
   * cannot be written.
   */
  async train(): Promise<void> {
    const { batches, options } = this.#parts;
    const { total } = this;
    const reading = readBatches(batches, this.#iteration, total);
    try {
      while (this.#iteration < total) {
        if (options.signal?.aborted) {
          await this.#saveRest();
          throw abortReason(options.signal);
        }
        const begin = performance.now();
        const batch = await this.#next(reading);
        await this.#iterate(batch, begin);
        await this.#saveIfDue();
      }
    } finally {
      await reading.return(undefined);
    }
    await this.#saveRest();
  }

  async #next(reading: AsyncGenerator<Batch>): Promise<Batch> {
    try {
      return (await reading.next()).value as Batch;
    } catch (error) {
      await this.#saveRest();
      throw error;
    }
  }

  /** Saves what was trained since the last checkpoint. */
  async #saveRest(): Promise<void> {
    if (this.#saved !== this.#iteration) await this.#save(null);
  }

  async #iterate({ a, b, names }: Batch, begin: number): Promise<void> {
    const { settings, model, batches, pools, log, watch, options } = this.#parts;
    const { batchSize } = settings;
    const epoch = batches.order.epochOf(this.#iteration);
    const lr = learningRate(epoch, settings);
    model.setLearningRate(lr);
    const { losses, fakeA, fakeB, recA, recB } = await model.optimizeGenerators(a, b);
    const count = this.#iteration * batchSize;
    const { D_A, D_B } = await model.optimizeDiscriminators({
      realA: a,
      realB: b,
      fakeA: throughPool(pools.A, fakeA, count),
      fakeB: throughPool(pools.B, fakeB, count),
    });
    const { G_A, cycle_A, idt_A, G_B, cycle_B, idt_B } = losses;
    this.#iteration++;
    const seconds = Math.round(performance.now() - begin) / 1000;
    const entry = {
      ...{ iteration: this.#iteration, epoch, seconds, lr },
      ...{ D_A, G_A, cycle_A, idt_A, D_B, G_B, cycle_B, idt_B },
    };
    this.#last = entry;
    await log.append(entry);
    options.onIteration?.({ entry, total: this.total, pictures: 2 * batchSize });
    const visuals = { names, realA: a, fakeB, recA, realB: b, fakeA, recB };
    const trouble = await watch.see(entry, visuals);
    if (trouble === null) return;
    // Weights that are no numbers do not replace those of the last checkpoint.
    if (trouble.kind !== 'not-finite') await this.#saveRest();
    throw await watch.troubleError(trouble, await this.#keptEpochs());
  }

  async #keptEpochs() {
    const { store, batches } = this.#parts;
    const epochs = await store.keptEpochs();
    return epochs.map((epoch) => ({
      epoch,
      iteration: epoch * batches.order.iterationsPerEpoch,
    }));
  }

  async #saveIfDue(): Promise<void> {
    const { settings, batches } = this.#parts;
    const { iterationsPerEpoch } = batches.order;
    const epoch = this.#iteration / iterationsPerEpoch;
    const isKept = Number.isInteger(epoch) && epoch % settings.saveEpochFreq === 0;
    const { saveLatestFreq } = settings;
    const isDue =
      saveLatestFreq === null
        ? performance.now() - this.#savedAt > MAX_UNSAVED_MS
        : this.#iteration % saveLatestFreq === 0;
    if (isKept || isDue) await this.#save(isKept ? epoch : null);
  }

  async #save(epoch: number | null): Promise<void> {
    const { store, log, watch, options } = this.#parts;
    const begin = performance.now();
    await log.sync();
    if (this.#last !== null) await watch.addSamples(this.#last);
    await watch.write();
    const checkpoint = makeCheckpoint(this.#parts, this.#iteration);
    try {
      if (epoch !== null) await store.saveEpoch(epoch, checkpoint.networks);
      await store.save(checkpoint);
    } catch (error) {
      if (!(error instanceof CycleganError)) throw error;
      throw new CycleganError(
        error.code,
        `${error.message} The checkpoint of iteration ${this.#iteration} was not written; the last is that of iteration ${this.#saved}. Once it can be written, the same command goes on from there.`,
        { cause: error },
      );
    }
    this.#saved = this.#iteration;
    this.#savedAt = performance.now();
    const seconds = (this.#savedAt - begin) / 1000;
    options.onCheckpoint?.({ iteration: this.#iteration, seconds, epoch });
  }
}

/** Iterations after which a run ends. */
export function iterationsOf(
  { nEpochs, nEpochsDecay, maxIterations }: TrainSettings,
  { iterationsPerEpoch }: DataOrder,
): number {
  const all = (nEpochs + nEpochsDecay) * iterationsPerEpoch;
  return Math.min(all, maxIterations ?? Number.POSITIVE_INFINITY);
}
