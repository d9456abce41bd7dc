import type { Activation } from '../kernels/rows.js';
import type { Buffer } from './memory.js';

/**
 * A value of the network as the plan sees it: what some stage wrote, and what whoever reads it has yet
 * to do to it. Layers between two convolutions only change this description; the row kernel of the next
 * reader does their work.
 */
export interface PlannedValue {
  /** `[height][width][channels]`, channels a multiple of 4. */
  readonly buffer: Buffer;
  /** The same as `[planes][height][width]`, if it is there: the network's input. */
  readonly planar: Buffer | null;
  /** Whether it is `planar` that is read; then, `channels` may be `planes`, without padding. */
  readonly readPlanar: boolean;
  /** Real channels. */
  readonly planes: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Four rows of numbers, as a norm stage or a batch norm leaves them. */
  readonly norm: Buffer | null;
  readonly activation: Activation;
  /** Added last: a value with nothing left to do. */
  readonly residual: Buffer | null;
  /** Mirrored border `[left, right, top, bottom]`. */
  readonly reflect: readonly [number, number, number, number];
  /** Magnitude that its finite elements keep to whatever the input, but for rounding; infinite where it depends on the input. */
  readonly bound: number;
}

const NO_BORDER = [0, 0, 0, 0] as const;

/** Channels in memory: vectors have four lanes. */
export function paddedChannels(planes: number): number {
  return Math.ceil(planes / 4) * 4;
}

export function plainValue(
  buffer: Buffer,
  planes: number,
  height: number,
  width: number,
  bound = Number.POSITIVE_INFINITY,
): PlannedValue {
  return {
    buffer,
    planar: null,
    readPlanar: false,
    planes,
    channels: paddedChannels(planes),
    height,
    width,
    norm: null,
    activation: 'none',
    residual: null,
    reflect: NO_BORDER,
    bound,
  };
}

export function hasBorder({ reflect }: PlannedValue): boolean {
  return reflect.some((side) => side > 0);
}

/** Nothing is left to be done: the buffer holds the value. */
export function isPlain(value: PlannedValue): boolean {
  return isPlainInside(value) && !hasBorder(value);
}

/** Nothing is left to be done but to put a border around it. */
export function isPlainInside(value: PlannedValue): boolean {
  return value.norm === null && value.activation === 'none' && value.residual === null;
}

/** Bytes of a value with its border. */
export function valueBytes({ channels, height, width, reflect }: PlannedValue): number {
  return (height + reflect[2] + reflect[3]) * (width + reflect[0] + reflect[1]) * channels * 4;
}
