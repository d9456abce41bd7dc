import type { LazyValue, NormFactors, Stored } from './lazyValue.js';
import { isMaterialized, storedValue } from './lazyValue.js';
import { isSameList, isSameNorm } from './same.js';
import type {
  ConvolutionStep,
  CopyStep,
  FusedStep,
  JoinSumsStep,
  NormStep,
  StepOfNode,
  Sums,
} from './steps.js';

/** What norms go by: sums of values and of gradients, and factors. Asked for again, they are the same. */
export class NormStatistics {
  /** Which convolution stored a value. */
  readonly #writers = new Map<Stored, ConvolutionStep>();
  /** Which copy stored a value, and the number of that step. */
  readonly #copies = new Map<Stored, { readonly step: CopyStep; readonly at: number }>();
  /** Of values that no convolution stored. */
  readonly #sums = new Map<Stored, Sums>();
  /** Those of several values, by the sums of the first. */
  readonly #joined = new Map<Sums, JoinSumsStep[]>();
  /** Norms by the sums that they go by. */
  readonly #norms = new Map<Sums, NormStep[]>();
  /** All steps so far. */
  readonly #steps: readonly FusedStep[];
  readonly #push: (step: StepOfNode) => void;

  constructor(steps: readonly FusedStep[], push: (step: StepOfNode) => void) {
    this.#steps = steps;
    this.#push = push;
  }

  /** A convolution, which can leave sums of what it stores. */
  noteConvolution(step: ConvolutionStep): void {
    this.#writers.set(step.to, step);
  }

  /** A copy that is step number `at`, and can leave sums of a gradient. */
  noteCopy(step: CopyStep, at: number): void {
    this.#copies.set(step.to, { step, at });
  }

  /** Partial sums of materialized values together: left by the convolutions that stored them, or of steps of their own. */
  sumsOf(values: readonly LazyValue[]): Sums {
    return this.joinedSums(values.map(({ core }) => this.#sumsOfOne(core.stored)));
  }

  /** Sums of several values as those of all; asked for again, the same. */
  joinedSums(parts: readonly Sums[]): Sums {
    const [first] = parts;
    if (parts.length === 1) return first;
    const known = this.#joined.get(first) ?? [];
    const same = known.find((step) => isSameList(step.parts, parts));
    if (same !== undefined) return same.sums;
    const count = parts.reduce((sum, part) => sum + part.count, 0);
    const step = { kind: 'joinSums', parts, sums: { channels: first.channels, count } } as const;
    this.#push(step);
    this.#joined.set(first, [...known, step]);
    return step.sums;
  }

  #sumsOfOne(stored: Stored): Sums {
    const sums = newSums(stored);
    const writer = this.#writers.get(stored);
    if (writer !== undefined) {
      writer.sums ??= sums;
      return writer.sums;
    }
    const known = this.#sums.get(stored);
    if (known !== undefined) return known;
    this.#sums.set(stored, sums);
    this.#push({ kind: 'sums', source: storedValue(stored), sums });
    return sums;
  }

  /** The factors of a norm by the statistics that sums come to; asked for again, the same. */
  normOf(sums: Sums, how: Omit<NormStep, 'kind' | 'sums' | 'to'>): NormFactors {
    const known = this.#norms.get(sums) ?? [];
    const same = known.find((step) => isSameNorm(step, how));
    if (same !== undefined) return same.to;
    const to = { channels: sums.channels };
    const step: NormStep = { kind: 'norm', sums, ...how, to };
    this.#push(step);
    this.#norms.set(sums, [...known, step]);
    return to;
  }

  /** Sums of the gradient of a norm's result: left by the copy that stored it, if it comes after the norm, or of a step of their own. */
  gradientSums(gradient: LazyValue, of: Stored, norm: NormFactors): Sums {
    const sums = newSums(of);
    const copy = isMaterialized(gradient) ? this.#copies.get(gradient.core.stored) : undefined;
    const isFree = copy?.step.gradientSums === null;
    if (copy !== undefined && isFree && this.#madeBefore(copy.at, of, norm)) {
      copy.step.gradientSums = { sums, of, norm };
    } else this.#push({ kind: 'gradientSums', source: gradient, sums, of, norm });
    return sums;
  }

  /** Whether both were there before the step of that number. */
  #madeBefore(at: number, value: Stored, norm: NormFactors): boolean {
    const before = this.#steps.slice(0, at);
    const isMade = (what: Stored | NormFactors) =>
      before.some((step) => ('to' in step && step.to === what) || keeps(step, what));
    return isMade(value) && isMade(norm);
  }
}

/** Whether a step stores its source on the way. */
function keeps(step: FusedStep, what: Stored | NormFactors): boolean {
  return step.kind === 'convolution' && step.keep === what;
}

function newSums({ channels, height, width }: Stored): Sums {
  return { channels, count: height * width };
}
