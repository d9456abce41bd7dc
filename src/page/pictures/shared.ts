import type { Settings } from '../settings/settings.js';

export interface TranslateCall {
  readonly file: Blob;
  /** What the picture is called in messages. */
  readonly name: string;
  readonly settings: Settings;
}

export type Size = readonly [width: number, height: number];

/** The picture is read: what the network will see of it. */
export interface OpenedProgress {
  readonly kind: 'opened';
  readonly before: Blob;
  readonly size: Size;
}

/** A layer is done. */
export interface LayerProgress {
  readonly kind: 'layer';
  readonly name: string;
  readonly done: number;
  readonly total: number;
  /** Of all work, by multiply-adds; 0 to 1. */
  readonly share: number;
  /** `null` while too little is done to tell. */
  readonly secondsLeft: number | null;
}

export type PictureProgress = OpenedProgress | LayerProgress;

export interface Translated {
  /** The file, as the command writes it. */
  readonly file: Blob;
  /** What the network saw, as PNG. */
  readonly before: Blob;
  readonly inputSize: Size;
  readonly outputSize: Size;
  /** Of the network alone. */
  readonly milliseconds: number;
  /** How the network was fed and run. */
  readonly details: readonly string[];
  /** What the decoder had to tell, and what hints at a wrong picture. */
  readonly notes: readonly string[];
}
