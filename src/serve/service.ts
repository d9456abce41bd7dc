import type { Admission } from './admission.js';
import type { Metrics } from './metrics.js';
import type { ServiceOptions } from './options.js';
import type { ModelReport, Translator } from './translator/translator.js';

/** What requests share. */
export interface Service {
  readonly options: ServiceOptions;
  readonly admission: Admission;
  readonly metrics: Metrics;
  readonly translator: Translator;
  /** Of the models, once they are open. */
  readonly reports: Promise<readonly ModelReport[]>;
}

/** Whether requests to translate are taken. */
export function isReady({ admission, translator }: Service): boolean {
  return translator.isReady && !admission.isDraining;
}
