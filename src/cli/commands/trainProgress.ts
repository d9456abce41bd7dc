import { seconds } from '../../html/text.js';
import type { CheckpointReport, IterationReport } from '../../train/run/options.js';
import { LOSS_NAMES, type LossName } from '../../train/watch/trainingStep.js';
import type { Terminal } from '../terminal.js';

/** Iterations over which speed and losses are averaged. */
const WINDOW = 50;

/** How far a training run is, on a line that the next one replaces, and a line that stays for each checkpoint. */
export class TrainProgress {
  readonly #terminal: Terminal;
  /** The last ones, the newest at the end. */
  #recent: IterationReport[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  iteration(report: IterationReport): void {
    this.#recent = [...this.#recent, report].slice(-WINDOW);
    this.#terminal.progress(this.#line());
  }

  checkpoint({ seconds: took, epoch }: CheckpointReport): void {
    if (this.#recent.length === 0) return;
    const kept = epoch === null ? '' : `, weights of epoch ${epoch} kept`;
    this.#terminal.say(`${this.#line()}  saved in ${seconds(1000 * took)}${kept}`);
  }

  #line(): string {
    const { entry, total, pictures } = this.#recent[this.#recent.length - 1];
    const each = meanOf(this.#recent, ({ entry }) => entry.seconds);
    const losses = LOSS_NAMES.map((name) => `${name} ${this.#loss(name)}`).join(' ');
    return [
      `epoch ${entry.epoch}`,
      `iteration ${entry.iteration}/${total}`,
      `${(pictures / each).toPrecision(2)} pictures/s`,
      `${duration(each * (total - entry.iteration))} left`,
      losses,
    ].join('  ');
  }

  #loss(name: LossName): string {
    return meanOf(this.#recent, ({ entry }) => entry[name]).toFixed(2);
  }
}

function meanOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0) / items.length;
}

/** @param time In seconds. */
function duration(time: number): string {
  if (time < 90) return `${time.toFixed(0)} s`;
  if (time < 5400) return `${(time / 60).toFixed(0)} min`;
  return time < 172_800 ? `${(time / 3600).toFixed(1)} h` : `${(time / 86_400).toFixed(1)} days`;
}
