import type { EngineOptions } from '../../engine/engine.js';
import { CycleganError, ShapeError } from '../../errors.js';
import type { TraitOptions } from '../../generator/family.js';
import { type OpenedGenerator, openGenerator } from '../../generator/openGenerator.js';
import { settleEngine } from '../../nn/settleEngine.js';
import type { AbortSignalLike } from '../../platform/webTypes.js';
import { channelProblem } from '../../translate/pictureNetwork.js';
import {
  type PixelLimits,
  type TranslatedBytes,
  translateBytes,
} from '../../translate/translateBytes.js';
import type { ModelSource, ServedWeights } from '../options.js';
import type { ModelReport, TranslationJob } from './translator.js';

/** All that a thread needs to serve; what is opened already does not go from thread to thread. */
export interface TranslatorSetup {
  readonly models: readonly (readonly [name: string, source: ModelSource])[];
  readonly engine: EngineOptions;
  readonly limits: PixelLimits;
}

interface Variant {
  readonly key: string;
  readonly generator: Promise<OpenedGenerator>;
  /** Pictures that it is at work for. */
  users: number;
}

/** Models that are open, in one thread. */
export class Models {
  readonly #setup: TranslatorSetup;
  readonly #opened = new Map<string, OpenedGenerator>();
  /** The last one that somebody wanted otherwise than it is served: for the next picture of the same caller. */
  #variant: Variant | null = null;

  constructor(setup: TranslatorSetup) {
    this.#setup = setup;
  }

  /** @throws What is wrong with a model: its file, or that it takes no pictures. */
  async open(): Promise<ModelReport[]> {
    await settleEngine(this.#setup.engine);
    for (const [name, source] of this.#setup.models) {
      const generator =
        'module' in Object(source) ? (source as OpenedGenerator) : await openSource(source);
      const problem = channelProblem(generator);
      if (problem !== null) throw new ShapeError(`${name}: ${problem}`);
      this.#opened.set(name, generator);
    }
    return [...this.#opened].map(([name, generator]) => reportOf(name, generator));
  }

  async translate(
    job: TranslationJob,
    signal: AbortSignalLike,
    blocking: boolean,
  ): Promise<TranslatedBytes> {
    const { engine, limits } = this.#setup;
    return this.#use(job, (generator) =>
      translateBytes(job.bytes, generator, job, { ...engine, blocking, signal, limits }),
    );
  }

  /** Hands the generator that a job wants to `action`, and keeps it as long as that is at work. */
  async #use<T>(
    { model, traits }: TranslationJob,
    action: (generator: OpenedGenerator) => Promise<T>,
  ): Promise<T> {
    const served = this.#opened.get(model);
    if (served === undefined) throw new Error(`there is no model ${model}`);
    if (Object.keys(traits).length === 0) return action(served);
    const variant = this.#variantOf(model, traits);
    variant.users++;
    try {
      return await action(await variant.generator);
    } finally {
      variant.users--;
      this.#disposeUnused(variant);
    }
  }

  /** Nothing is awaited here: another job may replace the variant at any time. */
  #variantOf(model: string, traits: TraitOptions): Variant {
    const key = JSON.stringify([model, Object.entries(traits).sort()]);
    const before = this.#variant;
    if (before?.key === key) return before;
    const source = new Map(this.#setup.models).get(model) as ModelSource;
    if ('module' in Object(source)) {
      throw new CycleganError(
        'ERR_TRAIT',
        `${model} is served as it was opened: ${Object.keys(traits).join(', ')} cannot be another.`,
      );
    }
    const variant: Variant = { key, generator: openSource(source, traits), users: 0 };
    variant.generator.catch(() => {
      if (this.#variant === variant) this.#variant = null;
    });
    this.#variant = variant;
    if (before !== null) this.#disposeUnused(before);
    return variant;
  }

  /** A variant that was replaced, once the last picture that it was at work for is done. */
  #disposeUnused(variant: Variant): void {
    if (variant === this.#variant || variant.users > 0) return;
    variant.generator.then(
      ({ module }) => module.dispose(),
      () => undefined,
    );
  }
}

function openSource(source: ModelSource, traits: TraitOptions = {}): Promise<OpenedGenerator> {
  if (typeof source === 'string' || source instanceof Uint8Array) {
    return openGenerator(source, traits);
  }
  const { weights, ...options } = source as ServedWeights;
  return openGenerator(weights, { ...options, ...traits });
}

function reportOf(name: string, generator: OpenedGenerator): ModelReport {
  const { family, inputChannels, outputChannels, inputRange, outputRange } = generator;
  const { channelOrder, sizeRule, notes } = generator;
  const traits = { inputChannels, outputChannels, inputRange, outputRange, channelOrder };
  return { name, family: family.name, ...traits, multipleOf: sizeRule.multipleOf, notes };
}
