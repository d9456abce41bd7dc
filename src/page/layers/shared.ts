import type { Settings } from '../settings/settings.js';

export interface LayersCall {
  readonly file: Blob;
  readonly settings: Settings;
}

export interface Layer {
  /** Of the node in its graph. */
  readonly id: number;
  /** `model.0 reflectionPad2d [1, 3, 262, 320]`. */
  readonly label: string;
}

export interface LayerList {
  readonly layers: readonly Layer[];
  /** The network as a drawing. */
  readonly svg: string;
}

export interface MapsCall extends LayersCall {
  readonly layer: number;
}
