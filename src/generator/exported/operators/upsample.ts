import type { AtenNode } from '../atenNode.js';
import type { Spelling } from './spelling.js';

/** To a size, or by factors; both stand by each other in one form. */
export const upsample =
  (mode: 'nearest' | 'linear' | 'cubic', rounding = 'floor'): Spelling =>
  (node) => {
    const self = node.has('input') ? 'input' : 'self';
    const isAligned = node.truth('align_corners', false);
    const isExact = rounding !== 'floor';
    const coordinates = isAligned
      ? 'align_corners'
      : mode === 'nearest' && !isExact
        ? 'asymmetric'
        : 'half_pixel';
    const attributes = {
      axes: [2, 3],
      mode,
      coordinate_transformation_mode: coordinates,
      nearest_mode: rounding,
      cubic_coeff_a: -0.75,
    };
    const sizes = node.has('output_size') ? node.sizes('output_size') : '';
    const beside = factorsBeside(node);
    const factors = node.numbers('scale_factors') ?? (isAligned ? null : beside);
    const scales = factors === null ? '' : node.constants('scales', factors);
    const inputs = [node.value(self), '', scales, factors === null ? sizes : ''];
    if (factors === null || factors !== beside) return node.result('Resize', inputs, attributes);
    // Places between pixels are by the factors; what comes out of them has to be of the size that is said.
    const shape = node.add('Concat', [node.constants('kept', [0, 0]), sizes], { axis: 0 });
    node.result('Reshape', [node.add('Resize', inputs, attributes), shape]);
  };

/** Of rows and of columns, which stand by the size that they make; corners that are aligned are so by the size alone. */
function factorsBeside(node: AtenNode): readonly number[] | null {
  const given = ['scales_h', 'scales_w'].map((name) => node.numbers(name)?.[0] ?? null);
  if (given.every((factor) => factor !== null)) return given;
  if (given.every((factor) => factor === null)) return null;
  throw node.refusal('it has a factor for one side alone');
}
