import type { EngineOptions } from '../../engine/engine.js';
import { beginGenerator, type OpenedGenerator } from '../../generator/openGenerator.js';
import { availableCores } from '../../platform/cores.js';
import type { TranslationJob } from '../../queue/job.js';
import { readReference, type TranslateJob } from '../../queue/jobWorker.js';
import type { Store } from '../../queue/store/store.js';
import { generate } from '../../translate/generate.js';
import { throughNetwork } from '../../translate/networkErrors.js';
import type { OutputNote } from '../../translate/outputNote.js';
import { networkInputShape, networkSize } from '../../translate/pictureNetwork.js';
import { embeddedWeights } from '../embedded.js';
import { describeInput } from '../pictures/networkInput.js';
import { PictureThreads } from '../pictures/pictureThreads.js';
import { shareProgress } from '../progressBar.js';
import { type JobRequest, readSettings } from '../requests/jobSettings.js';
import { GeneratorCache } from './generatorCache.js';

/** More decode no faster than a network takes pictures. */
const MAX_THREADS = 2;
/** Others submit jobs: their pictures keep to the usual limit of pixels. */
const BESIDE_SETTINGS = { gallery: false, maxPixels: undefined };

/** Does with the pictures of jobs what `translate` does with those that are named. */
export class JobTranslator {
  readonly #store: Store;
  readonly #engine: EngineOptions;
  readonly #generators = new GeneratorCache();
  readonly #threads = new PictureThreads(Math.min(MAX_THREADS, availableCores()), {
    ...readSettings({}).pictures,
    ...BESIDE_SETTINGS,
  });

  constructor(store: Store, engine: EngineOptions) {
    this.#store = store;
    this.#engine = engine;
  }

  readonly translate: TranslateJob = async (job, { signal, onProgress }) => {
    const { pictures: settings, ...weights } = readSettings(job.settings);
    const pictures = { ...settings, ...BESIDE_SETTINGS };
    const bytes = await readReference(this.#store, job.picture);
    const opened = await this.#threads.openBytes(bytes, job.name, pictures);
    const key = JSON.stringify([job.weights?.sha256 ?? null, weights]);
    const outputNotes: OutputNote[] = [];
    const { prepared, size, notes } = opened;
    const { sized } = prepared;
    const { output, fed, network } = await this.#generators.use(
      key,
      () => this.#open(job, weights),
      async (generator) => {
        const output = await throughNetwork(job.name, sized, generator, () =>
          generate(sized, generator, {
            ...this.#engine,
            norm: pictures.norm,
            signal,
            onNote: (note) => outputNotes.push(note),
            ...shareProgress(generator.module, networkInputShape(sized, generator), onProgress),
          }),
        );
        const fed = describeInput(sized, generator, pictures.pipeline);
        return { output, fed, network: networkSize(sized, generator) };
      },
    );
    const { extension } = job;
    const encoded = await this.#threads.encodeFrame(output, prepared, extension, pictures);
    const report = {
      ...{ inputSize: size, networkSize: [network.width, network.height] as const },
      ...{ outputSize: encoded.size, fed, notes: [...notes, ...outputNotes] },
    };
    return { bytes: encoded.bytes, report };
  };

  end(): void {
    this.#threads.end();
  }

  async #open(
    { weights }: TranslationJob,
    { key, traits }: Pick<JobRequest, 'key' | 'traits'>,
  ): Promise<OpenedGenerator> {
    const bytes =
      weights === null ? await embeddedWeights() : await readReference(this.#store, weights);
    const reading = await beginGenerator(bytes, { ...traits, key });
    return reading();
  }
}
