import type { LayerList, LayersCall, MapsCall } from '../layers/shared.js';
import type { ModelCall, ModelFacts } from '../model/shared.js';
import type { PictureProgress, TranslateCall, Translated } from '../pictures/shared.js';
import type { GalleryCall, PackProgress, ZipCall } from '../saving/shared.js';

import type { Frame, FrameCall } from '../webcam/shared.js';

/** What the page asks its worker to do: what goes there, what comes back, and what is told meanwhile. */
export interface Calls {
  openModel: {
    readonly argument: ModelCall;
    readonly result: ModelFacts;
    readonly progress: never;
  };
  translate: {
    readonly argument: TranslateCall;
    readonly result: Translated;
    readonly progress: PictureProgress;
  };
  listLayers: {
    readonly argument: LayersCall;
    readonly result: LayerList;
    readonly progress: never;
  };
  featureMaps: { readonly argument: MapsCall; readonly result: Blob; readonly progress: never };
  translateFrame: {
    readonly argument: FrameCall;
    readonly result: Frame;
    readonly progress: never;
  };
  makeZip: { readonly argument: ZipCall; readonly result: Blob; readonly progress: PackProgress };
  makeGallery: {
    readonly argument: GalleryCall;
    readonly result: Blob;
    readonly progress: PackProgress;
  };
}

export type CallName = keyof Calls;

/** To the worker. */
export type Message =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly name: CallName;
      readonly argument: unknown;
    }
  | { readonly kind: 'cancel'; readonly id: number };

/** An error on its way between threads; `code` is one of `ERROR_CODES`, or `null` for a fault of ours. */
export interface PortableError {
  readonly code: string | null;
  readonly message: string;
  /** Of an input that is too large: the largest short side that is not. */
  readonly shortSide?: number;
  /** Of a file with several state dicts: their names. */
  readonly choices?: readonly string[];
}

/** From the worker. */
export type Reply =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: PortableError };

/** What a call gets of the page while it works. */
export interface CallContext<P> {
  /** Fires when nobody waits for the result any more. */
  readonly signal: AbortSignal;
  report(progress: P): void;
}

export type Handler<K extends CallName> = (
  argument: Calls[K]['argument'],
  context: CallContext<Calls[K]['progress']>,
) => Promise<Calls[K]['result']>;

export type Handlers = { readonly [K in CallName]: Handler<K> };
