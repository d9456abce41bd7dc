// Runners that go on from case to case: to start one, and to compile its code, takes longer than to measure a layer.
import { Runner } from './runner.mjs';

export class Kept {
  #idle = new Map();

  /**
   * @param processIndex Which of several processes of the same runner.
   * @returns A runner that is there already, or else a new one that has not started.
   */
  take(entry, processIndex) {
    const key = keyOf(entry, processIndex);
    const runner = this.#idle.get(key) ?? new Runner(entry);
    this.#idle.delete(key);
    return runner;
  }

  /** For the next case, if it lets go of what it did. */
  async giveBack(runner, processIndex) {
    try {
      await runner.ask({ do: 'release' });
      const key = keyOf(runner.entry, processIndex);
      this.#idle.get(key)?.stop();
      this.#idle.set(key, runner);
    } catch {
      // A runner that has ended, or cannot drop its task, is started anew.
      runner.stop();
    }
  }

  stop() {
    for (const runner of this.#idle.values()) runner.stop();
    this.#idle.clear();
  }
}

function keyOf({ command, args, env }, processIndex) {
  return JSON.stringify([command, args, env, processIndex]);
}
