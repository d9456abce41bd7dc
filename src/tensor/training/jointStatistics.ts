import { ShapeError } from '../../errors.js';
import { formatShape, imageShape, type Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** Of each channel, over all pictures of some tensors. */
export interface JointStatistics {
  /** Elements per channel. */
  readonly count: number;
  readonly means: Float64Array;
  /** Biased. */
  readonly variances: Float64Array;
}

/** Two passes in double precision. */
export function jointStatistics(tensors: readonly Tensor[]): JointStatistics {
  const { channels } = imageShape(tensors[0].shape, 'jointStatistics');
  const [means, variances] = [new Float64Array(channels), new Float64Array(channels)];
  const count = jointCount(tensors.map(({ shape }) => shape));
  forEachPlane(tensors, ({ data }, c, start, end) => {
    for (let i = start; i < end; i++) means[c] += data[i] / count;
  });
  forEachPlane(tensors, ({ data }, c, start, end) => {
    for (let i = start; i < end; i++) variances[c] += (data[i] - means[c]) ** 2 / count;
  });
  return { count, means, variances };
}

/** Elements of each channel of all tensors. */
export function jointCount(shapes: readonly Shape[]): number {
  return shapes.reduce((sum, shape) => {
    const { batch, height, width } = imageShape(shape, 'jointStatistics');
    return sum + batch * height * width;
  }, 0);
}

/** Calls back for each channel of each picture of each tensor, with its place there. */
export function forEachPlane(
  tensors: readonly Tensor[],
  visit: (tensor: Tensor, channel: number, start: number, end: number, index: number) => void,
): void {
  for (const [index, tensor] of tensors.entries()) {
    const { batch, channels, height, width } = imageShape(tensor.shape, 'jointStatistics');
    const size = height * width;
    for (let plane = 0; plane < batch * channels; plane++) {
      visit(tensor, plane % channels, plane * size, (plane + 1) * size, index);
    }
  }
}

/** @throws ShapeError for none, for other channels than the first one's, or too few elements for a variance. */
export function checkJoint(op: string, shapes: readonly Shape[], least: number): void {
  const channels = new Set(shapes.map((shape) => imageShape(shape, op).channels));
  if (channels.size === 1 && jointCount(shapes) >= least) return;
  throw new ShapeError(
    `${op}: expected pictures of the same channels, with at least ${least} values of each, but got ${shapes.map(formatShape).join(', ')}.`,
  );
}
