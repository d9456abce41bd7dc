import type { AxisSamples } from '../../../tensor/upsample.js';
import type { AdaptivePoolStep, PoolStep, UpsampleStep } from '../../shared/fuse/steps.js';
import type { WeightBuffer } from '../plan/buffers.js';
import type { Source } from '../plan/source.js';
import { f32, type Kernel } from '../shader/wgsl.js';
import { pixelMap, type Target } from './maps.js';

/** Where the rows or columns of a resampled value lie, `[first][second][weight of the second]`; whole numbers are exact. */
export function samplesBuffer({ first, second, weight }: AxisSamples): WeightBuffer {
  const elements = Float32Array.from([...first, ...second, ...weight]);
  return {
    kind: 'weights',
    format: 'f32',
    elements: elements.length,
    of: [],
    pack: () => elements,
  };
}

/** Each pixel the nearest, or a mean of the four around (torch.nn.functional.interpolate). */
export function upsampleKernel(step: UpsampleStep, source: Source, to: Target): Kernel {
  const at = (axis: 'rows' | 'columns', part: number, index: string, size: number) =>
    `${axis}[${part * size}u + u32(${index})]`;
  const row = (part: number) => at('rows', part, 'y', to.height);
  const column = (part: number) => at('columns', part, 'x', to.width);
  const read = (y: number, x: number) =>
    `sourceAt(sourcePixel(i32(${row(y)}), i32(${column(x)})), c)`;
  const between = (y: number) =>
    `(1 - ${column(2)}) * ${read(y, 0)} + ${column(2)} * ${read(y, 1)}`;
  return pixelMap({
    label: step.isNearest ? 'upsample, nearest' : 'upsample, bilinear',
    source,
    to,
    bindings: [
      { name: 'rows', element: 'f32', buffer: samplesBuffer(step.rows) },
      { name: 'columns', element: 'f32', buffer: samplesBuffer(step.columns) },
    ],
    body: step.isNearest
      ? `  let result = ${read(0, 0)};`
      : `  let result = (1 - ${row(2)}) * (${between(0)}) + ${row(2)} * (${between(1)});`,
  });
}

/** NaN is larger than all: WGSL's `max` may drop it. */
const LARGER = `fn larger(a: vec4f, b: vec4f) -> vec4f { return kept(b, kept(a, max(a, b))); }`;
const LEAST = -3.4028234663852886e38;

/** Windows become a pixel each (torch.nn.MaxPool2d, AvgPool2d). */
export function poolKernel(step: PoolStep, source: Source, to: Target): Kernel {
  const { kernel, stride, padding, dilation, reduction } = step;
  const { top, bottom, left, right } = source.border;
  const [height, width] = [source.height + top + bottom, source.width + left + right];
  const isMax = reduction === 'max';
  // Windows that reach beyond the padding end there.
  const padded = `min(y * ${stride[0]} + ${kernel[0] - padding[0]}, ${height + padding[0]}) - (y * ${stride[0]} - ${padding[0]})`;
  const across = `min(x * ${stride[1]} + ${kernel[1] - padding[1]}, ${width + padding[1]}) - (x * ${stride[1]} - ${padding[1]})`;
  return pixelMap({
    label: `pool, ${reduction}`,
    source,
    to,
    declarations: isMax ? [LARGER] : [],
    body: `  var sum = ${isMax ? `vec4f(${f32(LEAST)})` : 'vec4f(0)'};
  var count = 0;
  for (var ky = 0; ky < ${kernel[0]}; ky++) {
    let row = y * ${stride[0]} - ${padding[0]} + ky * ${dilation[0]};
    for (var kx = 0; kx < ${kernel[1]}; kx++) {
      let column = x * ${stride[1]} - ${padding[1]} + kx * ${dilation[1]};
      if (row < 0 || row >= ${height} || column < 0 || column >= ${width}) { continue; }
      let v = sourceAt(sourcePixel(row, column), c);
      ${isMax ? 'sum = select(larger(sum, v), v, count == 0);' : 'sum += v;'}
      count++;
    }
  }
  ${reduction === 'paddedMean' ? `count = (${padded}) * (${across});` : ''}
  let result = ${isMax ? 'sum' : 'sum / f32(max(count, 1))'};`,
  });
}

/** Windows of rows, or of columns, become a pixel each (torch.nn.AdaptiveMaxPool2d, AdaptiveAvgPool2d: one axis after the other). */
export function adaptivePoolKernel(step: AdaptivePoolStep, source: Source, to: Target): Kernel {
  const { top, bottom, left, right } = source.border;
  const isRows = step.axis === 'rows';
  const size = isRows ? source.height + top + bottom : source.width + left + right;
  const count = isRows ? to.height : to.width;
  const isMax = step.reduction === 'max';
  const index = isRows ? 'y' : 'x';
  return pixelMap({
    label: `adaptive pool of ${step.axis}, ${step.reduction}`,
    source,
    to,
    declarations: isMax ? [LARGER] : [],
    body: `  let first = (${index} * ${size}) / ${count};
  let end = ((${index} + 1) * ${size} + ${count - 1}) / ${count};
  var result = vec4f(0);
  for (var i = first; i < end; i++) {
    let v = sourceAt(sourcePixel(${isRows ? 'i, x' : 'y, i'}), c);
    ${isMax ? 'result = select(larger(result, v), v, i == first);' : 'result += v;'}
  }
  ${isMax ? '' : 'result /= f32(end - first);'}`,
  });
}
