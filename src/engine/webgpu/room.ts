import { CycleganError } from '../../errors.js';
import type { Shape } from '../../tensor/shape.js';
import { bytesOf } from './plan/buffers.js';
import type { Plan } from './plan/plan.js';

/** Of `GPUSupportedLimits`, what buffers have to keep to. */
type RoomLimits = Pick<GPUSupportedLimits, 'maxBufferSize' | 'maxStorageBufferBindingSize'>;

/** Sides that are proposed are multiples of it. */
const SIDE_STEP = 64;

/**
 * Whether a device takes a plan's buffers: the arena as a whole, and each of what kernels bind.
 *
 * @param inputShape `[N, C, H, W]` of the picture.
 * @param name Of the device, for people.
 * @throws CycleganError `ERR_TOO_LARGE` with the need, what there is, and a size that would fit.
 */
export function checkRoom(
  { arenaBytes, preparation, dispatches }: Plan,
  inputShape: Shape,
  { maxBufferSize, maxStorageBufferBindingSize }: RoomLimits,
  name: string,
): void {
  const maxBindingBytes = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const bound = [...preparation, ...dispatches].flatMap(({ kernel }) =>
    kernel.bindings.map(({ buffer }) => buffer),
  );
  const largest = (isArena: boolean) =>
    bound
      .filter(({ kind }) => (kind === 'arena') === isArena)
      .reduce((most, buffer) => Math.max(most, bytesOf(buffer)), 0);
  const weightBytes = largest(false);
  if (weightBytes > maxBindingBytes) {
    throw new CycleganError(
      'ERR_TOO_LARGE',
      `The weights of a layer need ${megabytes(weightBytes)} in one buffer of the GPU (${name}), which has ${megabytes(maxBindingBytes, Math.floor)} at most, whatever the size of the picture; --engine wasm runs it.`,
    );
  }
  const needs = [
    { bytes: arenaBytes, most: maxBufferSize },
    { bytes: largest(true), most: maxBindingBytes },
  ];
  const [{ bytes, most }] = needs.toSorted((a, b) => b.bytes / b.most - a.bytes / a.most);
  if (bytes <= most) return;
  const [height, width] = inputShape.slice(-2);
  const exact = Math.sqrt(most / bytes) * Math.min(height, width);
  const side = Math.floor(exact / SIDE_STEP) * SIDE_STEP;
  const way = side > 0 ? `--resize ${side} would fit, or --engine wasm` : '--engine wasm runs it';
  throw new CycleganError(
    'ERR_TOO_LARGE',
    `A picture of ${width} x ${height} needs ${megabytes(bytes)} in one buffer of the GPU (${name}), which has ${megabytes(most, Math.floor)} at most; ${way}.`,
  );
}

function megabytes(bytes: number, round = Math.ceil): string {
  return `${round(bytes / 2 ** 20)} MB`;
}
