import type { TraitOptions } from '../../generator/family.js';
import type { OpenedGenerator } from '../../generator/openGenerator.js';
import type { AbortSignalLike } from '../../platform/webTypes.js';
import type { BytesRequest, TranslatedBytes } from '../../translate/translateBytes.js';

/** One picture. */
export interface TranslationJob extends BytesRequest {
  /** A whole file. */
  readonly bytes: Uint8Array;
  readonly model: string;
  /** What this picture's network has otherwise than as it is served. */
  readonly traits: TraitOptions;
}

/** What is told of a model that is served. */
export interface ModelReport
  extends Pick<
    OpenedGenerator,
    'inputChannels' | 'outputChannels' | 'inputRange' | 'outputRange' | 'channelOrder' | 'notes'
  > {
  readonly name: string;
  /** Of the network: `resnet`. */
  readonly family: string;
  /** What sides are rounded up to. */
  readonly multipleOf: number;
}

/** Works on as many jobs at once as it was made for; callers keep to that. */
export interface Translator {
  /** Opens the models. @throws What is wrong with one of them. */
  open(): Promise<readonly ModelReport[]>;
  /** Whether it can work. */
  readonly isReady: boolean;
  /** How many threads have died so far, */
  readonly deaths: number;
  /** and how many were ended because they did not stop what nobody waits for any more. */
  readonly cuts: number;
  /** @throws What the picture, or the network, makes impossible; the signal's reason after it fired; CycleganError `ERR_WORKER` when its thread died. */
  translate(job: TranslationJob, signal: AbortSignalLike): Promise<TranslatedBytes>;
  end(): void;
}
