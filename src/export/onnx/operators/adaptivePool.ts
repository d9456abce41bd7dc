import { CycleganError } from '../../../errors.js';
import type { GraphNode } from '../../../graph/graph.js';
import type { AdaptivePoolAttributes } from '../../../tensor/adaptivePooling.js';
import { namesOf, type OnnxOperand, type OnnxWriter } from '../spelling.js';
import { poolAttributes } from './poolAttributes.js';

/**
 * A pool of the whole picture, of any size; or of equal windows, of the size that was traced.
 * @throws CycleganError `ERR_EXPORT` where windows are not of one size, which ONNX has no operator for.
 */
export function writeAdaptivePool(
  writer: OnnxWriter,
  node: GraphNode<AdaptivePoolAttributes>,
  operands: readonly (OnnxOperand | null)[],
  reduction: 'Average' | 'Max',
): string {
  const { outputSize } = node.attributes;
  const inputs = namesOf(operands);
  if (outputSize.every((side) => side === 1)) return writer.add(`Global${reduction}Pool`, inputs);
  const sides = (operands[0]?.shape ?? []).slice(2);
  const kernel = [sides[0] / outputSize[0], sides[1] / outputSize[1]] as const;
  if (!kernel.every(Number.isInteger)) {
    throw new CycleganError(
      'ERR_EXPORT',
      `${node.name}: ONNX pools ${sides.join(' x ')} pixels to ${outputSize.join(' x ')} only where these divide those: choose an input size where they do.`,
    );
  }
  const window = { kernelSize: kernel, stride: kernel, padding: [0, 0], ceilMode: false } as const;
  const own: Record<string, number | readonly number[]> =
    reduction === 'Max' ? { dilations: [1, 1] } : { count_include_pad: 1 };
  return writer.add(`${reduction}Pool`, inputs, { ...poolAttributes(window, operands), ...own });
}
