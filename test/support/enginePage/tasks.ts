import type { EngineOptions } from '../../../src/engine/engine.js';
import type { OpenGeneratorOptions } from '../../../src/generator/openGenerator.js';
import type { TorchParams } from '../modules.js';

/** A tensor as it goes to the page and back. */
export interface Elements {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What a page is asked to run by an engine: one operator, or the network of a weight file. */
export type Task =
  | {
      readonly kind: 'operator';
      readonly op: string;
      readonly params: TorchParams;
      readonly weights: readonly (Elements & { readonly key: string })[];
      readonly input: Elements;
      readonly options: EngineOptions;
    }
  | {
      readonly kind: 'network';
      readonly file: Uint8Array;
      readonly traits: OpenGeneratorOptions;
      readonly input: Elements;
      readonly options: EngineOptions;
      /** Whether the GPU is taken away after a run, before the next. */
      readonly losesDevice?: boolean;
    }
  | {
      readonly kind: 'scratch';
      readonly file: Uint8Array;
      readonly input: Elements;
      readonly options: EngineOptions;
      /** Whether its memory is the least that does; else `options` say. */
      readonly isLeast?: boolean;
      /** Whether the run is ended once a layer is done. */
      readonly isEnded?: boolean;
    };

/** What a run hands to the GPU, and fetches from it. */
export interface Transfers {
  readonly submissions: number;
  readonly uploads: number;
  readonly uploadedBytes: number;
  readonly readbacks: number;
  readonly readBytes: number;
}

export interface Done {
  readonly output: Elements;
  readonly fallbacks: readonly string[];
  readonly details: readonly string[];
  /** Of a network's first run. */
  readonly transfers: Transfers | null;
  /** Of a run after the GPU was lost. */
  readonly again: Elements | null;
  /** Of a program that may have a scratch file. */
  readonly scratch?: ScratchSeen;
}

export interface ScratchSeen {
  readonly scratchBytes: number;
  readonly memoryBytes: number;
  /** What lies in the private file system while the program is there, with how many bytes it has, and a second after that, if that long. */
  readonly during: readonly string[];
  readonly after: readonly string[];
}

/** The window, whose main thread runs the library then, or a worker of it. */
export type Where = 'window' | 'worker';
