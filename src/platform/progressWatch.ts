/** How much must come at the least. */
export interface ProgressBounds {
  /** The longest time in which nothing comes. */
  readonly stallMilliseconds: number;
  /** So many bytes must come in so much time, one such span after the other. */
  readonly leastRate: { readonly bytes: number; readonly milliseconds: number };
}

/** Stops what has come to a halt, or drips so slowly that it would never end. */
export class ProgressWatch {
  /** Why it was stopped; `null` while it was not. */
  reason: string | null = null;
  readonly #watchStall: () => ReturnType<typeof setTimeout>;
  #stalled: ReturnType<typeof setTimeout>;
  readonly #slow: ReturnType<typeof setInterval>;
  #bytes = 0;

  constructor({ stallMilliseconds, leastRate }: ProgressBounds, stop: () => void) {
    const because = (reason: string) => {
      this.reason ??= reason;
      stop();
    };
    const stalled = () => because(`nothing came for ${stallMilliseconds / 1000} s`);
    this.#watchStall = () => setTimeout(stalled, stallMilliseconds);
    this.#stalled = this.#watchStall();
    this.#slow = setInterval(() => {
      const bytes = this.#bytes;
      this.#bytes = 0;
      if (bytes >= leastRate.bytes) return;
      because(`only ${bytes} bytes came in ${leastRate.milliseconds / 1000} s`);
    }, leastRate.milliseconds);
  }

  came(bytes: number): void {
    this.#bytes += bytes;
    // Timers of pages cannot be set back as Node's can.
    clearTimeout(this.#stalled);
    this.#stalled = this.#watchStall();
  }

  end(): void {
    clearTimeout(this.#stalled);
    clearInterval(this.#slow);
  }
}
