// Steal that no clock of this machine shows: a core of a virtual machine is often one of the two threads of a real core, and
// who has the other one, in whatever machine, takes half of what the core can do.
import { setTimeout as pause } from 'node:timers/promises';
import { Cores } from './cores.mjs';

/** Alone, a core takes up to 1.2 times as long as at best, by its clock; with another tenant on it, 1.3 to 2.3 times. */
export const BUSY = 1.25;
/** A probe is as good for the run after it as for the one before, if there is no more than this between them. */
const FRESH_MS = 30;
/** From one probe to the next during a run: they cost it a five-hundredth. */
const PROBE_MS = 500;
const PAUSE_MS = 100;
/** What a bench may lose at once, before it has measured anything, is its share of so much. */
const FIRST_MS = 60_000;
/** Clocks of processor time err once in a thousand times: what so many probes took at most counts as fastest. */
const SURE = 10;

/**
 * Probes the cores before, during and after each run; waits while they are busy, and repeats the run if they were, until
 * its share of time is lost.
 */
export class Noise {
  #cores;
  #share;
  #left;
  #times = [];
  #at = Number.NEGATIVE_INFINITY;
  #fastest;

  /**
   * @param share How much may be lost to waiting and repeating, for each part of time that is measured.
   * @param fastest What was found when this machine was measured before.
   */
  static async start(share, fastest = Number.POSITIVE_INFINITY) {
    return new Noise(await Cores.start(), share, fastest);
  }

  constructor(cores, share, fastest) {
    this.#cores = cores;
    this.#share = share;
    this.#left = share * FIRST_MS;
    this.#fastest = Array(SURE).fill(fastest);
    for (let probe = 0; probe < SURE; probe++) this.#probe();
  }

  /** How long a core takes undisturbed, in milliseconds: what steal is told by. */
  get fastest() {
    return this.#fastest.at(-1);
  }

  /**
   * @param runner `run()` gives `{ milliseconds, … }`; `usedCores` are the places of the cores that its last run used, if known.
   * @returns What an undisturbed run gave, or the first that was too long to repeat: with `busy`, whether it is that.
   */
  async measure(runner) {
    for (;;) {
      await this.#untilQuiet(runner.usedCores);
      const probes = [];
      const probing = setInterval(() => probes.push(this.#probe()), PROBE_MS);
      const found = await runner.run().finally(() => clearInterval(probing));
      probes.push(this.#probe());
      const busy = this.#isBusy(probes, runner.usedCores);
      if (busy && this.affords(found.milliseconds)) continue;
      this.#left += this.#share * found.milliseconds;
      return { ...found, busy };
    }
  }

  /** Whether so much may still be lost; if so, it counts as lost. */
  affords(milliseconds) {
    const isEnough = milliseconds <= this.#left;
    if (isEnough) this.#left -= milliseconds;
    return isEnough;
  }

  async #untilQuiet(usedCores) {
    if (performance.now() - this.#at > FRESH_MS) this.#probe();
    while (this.#isBusy([this.#times], usedCores) && this.#left > 0) {
      await pause(PAUSE_MS);
      this.#left -= PAUSE_MS;
      this.#probe();
    }
  }

  #probe() {
    this.#times = this.#cores.probe();
    this.#at = performance.now();
    this.#fastest = [...this.#fastest, ...this.#times].sort((a, b) => a - b).slice(0, SURE);
    return this.#times;
  }

  /** On average over several probes: what lasts for a tenth of a long run is no reason to repeat it. */
  #isBusy(probes, usedCores) {
    const slowest = (times) => Math.max(...(usedCores?.map((place) => times[place]) ?? times));
    const all = probes.reduce((sum, times) => sum + slowest(times), 0);
    return all / probes.length > BUSY * this.fastest;
  }
}
