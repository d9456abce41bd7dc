// Contestants that go on from case to case: to start one, and to compile its code, takes longer than to measure a layer.
import { Contestant } from './contestant.mjs';

export class Kept {
  #idle = new Map();

  /**
   * @param processIndex Which of several processes of the same contestant.
   * @returns Who is there already, or else a new one that has not started.
   */
  take(entry, processIndex) {
    const key = keyOf(entry, processIndex);
    const contestant = this.#idle.get(key) ?? new Contestant(entry);
    this.#idle.delete(key);
    return contestant;
  }

  /** For the next case, if it lets go of what it did. */
  async giveBack(contestant, processIndex) {
    try {
      await contestant.ask({ do: 'release' });
      const key = keyOf(contestant.entry, processIndex);
      this.#idle.get(key)?.stop();
      this.#idle.set(key, contestant);
    } catch {
      // Who has ended, or cannot let go, is started anew.
      contestant.stop();
    }
  }

  stop() {
    for (const contestant of this.#idle.values()) contestant.stop();
    this.#idle.clear();
  }
}

function keyOf({ command, args, env }, processIndex) {
  return JSON.stringify([command, args, env, processIndex]);
}
