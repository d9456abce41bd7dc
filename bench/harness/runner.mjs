// A program of `runtimes/` that is running, and how it is spoken to.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { coreNumbers, machineTime, peakMemory, processTime } from './machine.mjs';

/** So much processor time of others during a run disturbs it: a tenth of a core, and more than clocks can tell. */
const FOREIGN_SHARE = 0.1;
const FOREIGN_MS = 40;
/** Which cores a shorter run used, clocks cannot tell. */
const CORES_MS = 100;
const CORES = coreNumbers();

export class Runner {
  #child;
  #lines;
  #stderr = '';
  /** What it says besides answering. */
  remarks = [];
  /** The places among `coreNumbers` of those that its last run used; `null` where that is not known. */
  usedCores = null;

  /** @param entry `{ id, command, args, env, threads }` */
  constructor(entry) {
    this.entry = entry;
    this.#child = spawn(entry.command, entry.args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...threadVariables(entry.threads), ...entry.env },
    });
    // Spoken to after it ended, it has no pipe any more; the answer that does not come tells.
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-2000);
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Nothing to do where it runs. @throws Error when it cannot be started. */
  async start() {
    this.name ??= (await this.#next()).name;
    return this;
  }

  async ask(request) {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const reply = await this.#next();
    if (reply.error !== undefined) throw new Error(`${this.name}: ${reply.error}`);
    return reply;
  }

  /** One run: how long it took, and whether others used the machine meanwhile. */
  async run() {
    const before = [performance.now(), machineTime(), processTime(this.#child.pid)];
    const { milliseconds } = await this.ask({ do: 'run' });
    const after = [performance.now(), machineTime(), processTime(this.#child.pid)];
    const [elapsed, , own] = after.map((value, i) => value - before[i]);
    const foreign = before[1] === null ? 0 : after[1].all - before[1].all - own;
    this.usedCores = coresThatWorked(before[1], after[1], elapsed);
    return { milliseconds, disturbed: foreign > FOREIGN_MS && foreign > FOREIGN_SHARE * elapsed };
  }

  get peakMemory() {
    return peakMemory(this.#child.pid);
  }

  stop() {
    this.#child.kill();
  }

  /** Libraries greet and warn on standard output, too: only what is JSON is an answer. */
  async #next() {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) {
        const said = this.#stderr.split('\n').filter((line) => line.trim() !== '');
        const reason = said.find((line) => /Error/.test(line)) ?? said.at(-1) ?? 'without a word';
        throw new Error(`${this.name ?? this.entry.id} ended: ${reason}`);
      }
      if (value.startsWith('{')) return JSON.parse(value);
      this.remarks.push(value);
    }
  }
}

function coresThatWorked(before, after, elapsed) {
  if (before === null || elapsed < CORES_MS) return null;
  const time = (core) => after.byCore.get(core) - before.byCore.get(core);
  const used = CORES.flatMap((core, place) =>
    time(core) > FOREIGN_SHARE * elapsed ? [place] : [],
  );
  return used.length === 0 ? null : used;
}

/** Libraries below PyTorch count their threads by themselves. */
function threadVariables(threads) {
  return { OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) };
}
