import type { Shaped } from '../nn/loadStateDict.js';
import { MisfitError } from './family.js';
import type { NormKind } from './layers/normLayer.js';

/** Networks have fewer of anything that is repeated: what names more is none, and building it would take long. */
const MAX_REPEATED = 1000;

/** Channels and kernel of a convolution, as its weight says. */
export interface ConvolutionShape {
  /** First side of the weight: output channels of a convolution, input channels of a transposed one. */
  readonly first: number;
  /** Second side of the weight: input channels per group, or output channels per group of a transposed one. */
  readonly second: number;
  readonly kernel: readonly [height: number, width: number];
}

/**
 * Reads a convolution's weight, whose shape the configuration depends on.
 * @param kernel The side that its square kernel must have; any, by default.
 * @throws MisfitError when it is not there, or is no such convolution's.
 */
export function convolutionAt(
  tensors: ReadonlyMap<string, Shaped>,
  key: string,
  kernel?: number,
): ConvolutionShape {
  const shape = tensors.get(key)?.shape;
  const what = kernel === undefined ? 'convolution' : `${kernel}×${kernel} convolution`;
  if (shape?.length !== 4) throw new MisfitError(key, `the ${what} ${key} is not there`);
  const [first, second, height, width] = shape;
  if (kernel !== undefined && (height !== kernel || width !== kernel)) {
    throw new MisfitError(key, `${key} is no ${what}`);
  }
  if (!shape.every((side) => side >= 1)) throw new MisfitError(key, `${key} has no channels`);
  return { first, second, kernel: [height, width] };
}

/**
 * How many different numbers stand where a pattern has its group: `^res_blocks\.(\d+)\.`.
 * @throws MisfitError when there are more than any network has.
 */
export function countIndices(tensors: ReadonlyMap<string, Shaped>, pattern: RegExp): number {
  const indices = new Set<string>();
  for (const key of tensors.keys()) {
    const index = pattern.exec(key)?.[1];
    if (index === undefined) continue;
    indices.add(index);
    if (indices.size > MAX_REPEATED) {
      throw new MisfitError(key.slice(0, 200), `it names more than ${MAX_REPEATED} of a layer`);
    }
  }
  return indices.size;
}

/** Whether a convolution's weight stands under this key: norms have weights, too, of one side. */
export function convolutionExists(tensors: ReadonlyMap<string, Shaped>, key: string): boolean {
  return tensors.get(key)?.shape.length === 4;
}

/**
 * Which norm a module is, by what it holds: batch norm learns a scale and keeps statistics, instance norm has one of the two at
 * most.
 * @param name Of the module, `model.2`.
 */
export function normAt(tensors: ReadonlyMap<string, unknown>, name: string): NormKind {
  if (!tensors.has(`${name}.weight`)) return 'instance';
  return tensors.has(`${name}.running_mean`) ? 'batch' : 'instanceAffine';
}
