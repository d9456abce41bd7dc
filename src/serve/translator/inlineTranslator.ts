import { Models, type TranslatorSetup } from './models.js';
import type { ModelReport, Translator } from './translator.js';

/** In the calling thread, which decodes and encodes between requests; networks run in the engine's threads, where there are such. */
export function inlineTranslator(setup: TranslatorSetup): Translator {
  const models = new Models(setup);
  let opening: Promise<readonly ModelReport[]> | null = null;
  let isReady = false;
  const open = () => {
    opening ??= models.open();
    return opening;
  };
  return {
    open: async () => {
      const reports = await open();
      isReady = true;
      return reports;
    },
    get isReady() {
      return isReady;
    },
    deaths: 0,
    cuts: 0,
    translate: async (job, signal) => {
      await open();
      return models.translate(job, signal, false);
    },
    end: () => undefined,
  };
}
