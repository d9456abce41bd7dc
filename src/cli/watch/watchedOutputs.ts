import { requireBuiltin } from '../../platform/builtin.js';
import { foldPath, isTaken } from '../../platform/files.js';
import type { Input } from '../pictures/inputs.js';
import { type Job, type OutputPlan, planOutputs } from '../pictures/outputs.js';

/** What is to be done with pictures that have appeared. */
export interface WatchedJobs {
  /** Their outputs have names that nothing has. */
  readonly fresh: readonly Job[];
  /** Their outputs may be replaced: they are as this run has written them for the same picture, or the user says so. */
  readonly again: readonly Job[];
  /** Their outputs are there, from somebody else or an earlier run. */
  readonly done: readonly Job[];
}

/** Names for outputs of pictures that come one after the other: a picture keeps its name, and no two have the same. */
export class WatchedOutputs {
  readonly #plan: OutputPlan;
  readonly #force: boolean;
  /** By the input's path. */
  readonly #names = new Map<string, string>();
  /** Outputs of pictures that are there. */
  readonly #taken = new Set<string>();
  /** What this run has written, also of pictures that have gone: the version of each file. */
  readonly #written = new Map<string, string | null>();

  constructor(plan: OutputPlan, force: boolean) {
    this.#plan = plan;
    this.#force = force;
  }

  async jobsFor(inputs: readonly Input[]): Promise<WatchedJobs> {
    const jobs = { fresh: [] as Job[], again: [] as Job[], done: [] as Job[] };
    for (const input of inputs) {
      const output = await this.#nameFor(input);
      const job = { input, output };
      if (!(await isTaken(output))) jobs.fresh.push(job);
      else if (this.#force || (await this.#isAsWritten(output))) jobs.again.push(job);
      else jobs.done.push(job);
    }
    return jobs;
  }

  /** An output was written: until somebody else changes it, it may be replaced when its picture changes. */
  async wrote({ output }: Job): Promise<void> {
    this.#written.set(foldPath(output), await versionOf(output));
  }

  /** What comes under the path of an input that has gone is another picture: it does not replace the output of the first. */
  forget(gone: readonly string[]): void {
    for (const path of gone) {
      const name = this.#names.get(path);
      if (name === undefined) continue;
      this.#names.delete(path);
      this.#taken.delete(foldPath(name));
    }
  }

  async #isAsWritten(output: string): Promise<boolean> {
    const version = this.#written.get(foldPath(output)) ?? null;
    return version !== null && version === (await versionOf(output));
  }

  async #nameFor(input: Input): Promise<string> {
    const known = this.#names.get(input.path);
    if (known !== undefined) return known;
    const name = await this.#freeName(input);
    this.#taken.add(foldPath(name));
    this.#names.set(input.path, name);
    return name;
  }

  /** Where another picture has the usual name, the extension is kept, too, and else a number is added. */
  async #freeName({ path, relative }: Input): Promise<string> {
    for (let n = 1; ; n++) {
      const end = n === 1 ? '' : n === 2 ? '.x' : `-${n - 1}.x`;
      // What stands last is taken for the extension, and left out.
      const [{ output }] = planOutputs(
        [{ path: `${path}${end}`, relative: `${relative}${end}` }],
        this.#plan,
      );
      if (!this.#taken.has(foldPath(output)) && !(await this.#isOfOneGone(output))) return output;
    }
  }

  async #isOfOneGone(output: string): Promise<boolean> {
    return !this.#force && this.#written.has(foldPath(output)) && (await isTaken(output));
  }
}

/** Changes with the file; `null` where there is none. */
async function versionOf(path: string): Promise<string | null> {
  const { stat } = requireBuiltin('fs/promises', `Looking at ${path}`);
  const found = await stat(path, { bigint: true }).catch(() => null);
  return found && [found.dev, found.ino, found.size, found.mtimeNs].join(':');
}
