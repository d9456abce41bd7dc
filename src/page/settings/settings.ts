import type { EngineName } from '../../engine/engine.js';
import type { PaddingKind, TraitOptions, ValueRange } from '../../generator/family.js';
import type { Interpolation } from '../../image/resize/resize.js';

/** How a picture's size for the network is said: as with `--resize`. */
export type Sizing = 'short' | 'width' | 'exact' | 'none';

/** What the command has options for; the defaults are the command's. */
export interface Settings {
  readonly sizing: Sizing;
  /** The short side, or the width; with `exact`, the width. */
  readonly width: number;
  /** With `exact`. */
  readonly height: number;
  readonly interpolation: Interpolation;
  readonly crop: number | null;
  readonly keepSize: boolean;
  readonly autoOrient: boolean;
  readonly strict: boolean;
  readonly alpha: boolean;
  readonly format: 'png' | 'jpg';
  readonly quality: number;
  /** What a file does not tell of its generator; `null`: as it was trained. */
  readonly inputRange: ValueRange | null;
  readonly bgr: boolean;
  readonly statistics: 'own' | 'running' | null;
  readonly padding: PaddingKind | null;
  readonly residual: boolean | 'tanh' | null;
  /** `null`: the fastest that runs here. */
  readonly engine: EngineName | null;
  /** `null`: as many as the machine has cores. */
  readonly threads: number | null;
}

export const DEFAULTS: Settings = {
  sizing: 'short',
  width: 256,
  height: 256,
  interpolation: 'bilinear',
  crop: null,
  keepSize: false,
  autoOrient: false,
  strict: false,
  alpha: false,
  format: 'png',
  quality: 95,
  inputRange: null,
  bgr: false,
  statistics: null,
  padding: null,
  residual: null,
  engine: null,
  threads: null,
};

/** What the generator is opened with. */
export function traitsOf(settings: Settings): TraitOptions {
  const { inputRange, bgr, statistics, padding, residual } = settings;
  return {
    inputRange: inputRange ?? undefined,
    channelOrder: bgr ? 'bgr' : undefined,
    statistics: statistics ?? undefined,
    padding: padding ?? undefined,
    residual: residual ?? undefined,
  };
}

export function pipelineOf({ sizing, width, height, interpolation, crop, keepSize }: Settings) {
  const targets = { short: width, width: { width }, exact: { width, height }, none: null } as const;
  return { resize: targets[sizing], interpolation, crop: crop ?? undefined, keepSize };
}

export function decodingOf({ alpha, autoOrient, strict }: Settings) {
  return { alpha, autoOrient, strict };
}

/** Which engine: a GPU, where there is one and the user leaves the choice. */
export function engineOf({ engine, threads }: Settings, hasGpu: boolean) {
  const fastest = hasGpu ? ('webgpu' as const) : undefined;
  return { engine: engine ?? fastest, threads: threads ?? undefined };
}
