import type { OpenedGenerator } from '../../generator/openGenerator.js';

/** Generators that are kept for the next job: those of two models that take turns. */
const CAPACITY = 2;

interface Entry {
  readonly key: string;
  readonly generator: Promise<OpenedGenerator>;
  /** Jobs that it is at work for. */
  users: number;
}

/** The generators that a worker used last. */
export class GeneratorCache {
  #entries: Entry[] = [];

  /** Hands the generator of that key to `action`; what has long not been used makes room for it. */
  async use<T>(
    key: string,
    open: () => Promise<OpenedGenerator>,
    action: (generator: OpenedGenerator) => Promise<T>,
  ): Promise<T> {
    const entry = this.#find(key, open);
    entry.users++;
    try {
      return await action(await entry.generator);
    } finally {
      entry.users--;
      this.#trim();
    }
  }

  #find(key: string, open: () => Promise<OpenedGenerator>): Entry {
    const known = this.#entries.find((entry) => entry.key === key);
    const entry = known ?? { key, generator: open(), users: 0 };
    this.#entries = [...this.#entries.filter((other) => other !== known), entry];
    // What could not be opened is tried anew the next time.
    entry.generator.catch(() => {
      this.#entries = this.#entries.filter((other) => other !== entry);
    });
    return entry;
  }

  #trim(): void {
    const idle = this.#entries.filter(({ users }) => users === 0);
    for (const entry of idle.slice(0, Math.max(0, this.#entries.length - CAPACITY))) {
      this.#entries = this.#entries.filter((other) => other !== entry);
      entry.generator.then(
        ({ module }) => module.dispose(),
        () => undefined,
      );
    }
  }
}
