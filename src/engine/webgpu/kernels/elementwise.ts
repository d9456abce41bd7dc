import type { DeviceBuffer } from '../plan/buffers.js';
import type { Source } from '../plan/source.js';
import { loadVector } from '../shader/access.js';
import type { Kernel } from '../shader/wgsl.js';
import { pixelMap, type Target } from './maps.js';

/** What is below zero times a slope (torch.nn.PReLU). @param slopes One for each channel, padded with zeros. */
export function preluKernel(source: Source, slopes: DeviceBuffer, to: Target): Kernel {
  return pixelMap({
    label: 'prelu',
    source,
    to,
    bindings: [{ name: 'slopes', element: 'vec4f', buffer: slopes }],
    body: `  let v = sourceAt(sourcePixel(y, x), c);
  let result = select(v, v * slopes[c], v < vec4f(0));`,
  });
}

/** A value by another, which may have one channel. */
export function divideKernel(source: Source, divisor: Target, to: Target): Kernel {
  const isMask = divisor.channels < to.channels;
  const by = loadVector(divisor.buffer, 'divisor', isMask ? 'pixel' : 'index');
  return pixelMap({
    label: 'divide',
    source,
    to,
    bindings: [{ name: 'divisor', element: 'vec4f', buffer: divisor.buffer }],
    body: `  let by = ${isMask ? `vec4f(${by}.x)` : by};
  let result = sourceAt(sourcePixel(y, x), c) / by;`,
  });
}
