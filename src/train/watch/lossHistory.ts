import { LOSS_NAMES, type LossName, type TrainingStep } from './trainingStep.js';

/** What a value did over a span of iterations. */
export interface Span {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

/** Some iterations, one after the other; `null` for a loss that was never finite in them. */
export interface HistoryPoint {
  /** The last of them. */
  readonly iteration: number;
  readonly losses: Readonly<Record<LossName, Span | null>>;
  readonly learningRate: number;
}

/** The means of an epoch; `null` for a loss that was never finite. */
export interface EpochMeans {
  readonly epoch: number;
  readonly iterations: number;
  readonly losses: Readonly<Record<LossName, number | null>>;
}

/** More than a curve has pixels. */
const MAX_POINTS = 1024;

/** More than anybody reads in a table: of more, every second is told of, then every fourth. */
const MAX_EPOCHS = 64;

/** What the last iterations took says more than the mean of all: machines become busy, and free again. */
const TIMED = 100;

/**
 * The losses of a run, however long, in memory of one size: a point stands for one iteration, then for 2, 4, … as there are
 * more. Which iterations a point stands for depends on their numbers alone, so that a run that went on has the points of one
 * that never stopped.
 */
export class LossHistory {
  #perPoint = 1;
  #perEpoch = 1;
  #points: MutablePoint[] = [];
  readonly #epochs = new Map<number, MutablePoint>();
  readonly #seconds: number[] = [];
  #last: TrainingStep | null = null;

  /** Iterations come in turn. */
  add(step: TrainingStep): void {
    const { iteration, epoch, seconds } = step;
    this.#last = step;
    const last = this.#points.at(-1);
    if (last !== undefined && this.#indexOf(last.iteration) === this.#indexOf(iteration)) {
      last.add(step);
    } else {
      this.#points.push(new MutablePoint(step));
      if (this.#points.length > MAX_POINTS) this.#halve();
    }
    this.#addToEpoch(epoch, step);
    if (seconds === undefined) return;
    this.#seconds.push(seconds);
    if (this.#seconds.length > TIMED) this.#seconds.shift();
  }

  get last(): TrainingStep | null {
    return this.#last;
  }

  get points(): readonly HistoryPoint[] {
    return this.#points.map((point) => point.spans());
  }

  get epochs(): readonly EpochMeans[] {
    return [...this.#epochs].map(([epoch, point]) => ({ epoch, ...point.means() }));
  }

  /** The mean of the last hundred iterations; `null` where none was measured. */
  get secondsPerIteration(): number | null {
    const times = this.#seconds;
    return times.length === 0 ? null : times.reduce((sum, time) => sum + time, 0) / times.length;
  }

  #addToEpoch(epoch: number, step: TrainingStep): void {
    const known = this.#epochs.get(epoch);
    if (known !== undefined) {
      known.add(step);
      return;
    }
    if (this.#epochs.size >= MAX_EPOCHS) {
      this.#perEpoch *= 2;
      for (const earlier of this.#epochs.keys()) {
        if (earlier % this.#perEpoch !== 0) this.#epochs.delete(earlier);
      }
    }
    // The epoch before has stayed while it was the newest.
    if ((epoch - 1) % this.#perEpoch !== 0) this.#epochs.delete(epoch - 1);
    this.#epochs.set(epoch, new MutablePoint(step));
  }

  #indexOf(iteration: number): number {
    return Math.floor((iteration - 1) / this.#perPoint);
  }

  #halve(): void {
    this.#perPoint *= 2;
    const merged: MutablePoint[] = [];
    for (const point of this.#points) {
      const last = merged.at(-1);
      if (last !== undefined && this.#indexOf(last.iteration) === this.#indexOf(point.iteration)) {
        last.merge(point);
      } else merged.push(point);
    }
    this.#points = merged;
  }
}

class MutablePoint {
  iteration = 0;
  #iterations = 0;
  #learningRate = 0;
  readonly #sums = LOSS_NAMES.map(() => ({
    ...{ sum: 0, count: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY },
  }));

  constructor(step: TrainingStep) {
    this.add(step);
  }

  add({ iteration, losses, learningRate }: TrainingStep): void {
    this.iteration = iteration;
    this.#iterations++;
    this.#learningRate = learningRate;
    for (const [i, name] of LOSS_NAMES.entries()) {
      const value = losses[name];
      if (Number.isFinite(value)) this.#put(i, value, 1, value, value);
    }
  }

  /** @param later Of the iterations that follow. */
  merge(later: MutablePoint): void {
    this.iteration = later.iteration;
    this.#iterations += later.#iterations;
    this.#learningRate = later.#learningRate;
    for (const [i, { sum, count, min, max }] of later.#sums.entries()) {
      this.#put(i, sum, count, min, max);
    }
  }

  #put(i: number, sum: number, count: number, min: number, max: number): void {
    const to = this.#sums[i];
    to.sum += sum;
    to.count += count;
    to.min = Math.min(to.min, min);
    to.max = Math.max(to.max, max);
  }

  spans(): HistoryPoint {
    const losses = named(this.#sums, ({ sum, count, min, max }) =>
      count === 0 ? null : { mean: sum / count, min, max },
    );
    return { iteration: this.iteration, losses, learningRate: this.#learningRate };
  }

  means(): { iterations: number; losses: Record<LossName, number | null> } {
    const losses = named(this.#sums, ({ sum, count }) => (count === 0 ? null : sum / count));
    return { iterations: this.#iterations, losses };
  }
}

function named<A, B>(items: readonly A[], action: (item: A) => B): Record<LossName, B> {
  const entries = LOSS_NAMES.map((name, i) => [name, action(items[i])] as const);
  return Object.fromEntries(entries) as Record<LossName, B>;
}
