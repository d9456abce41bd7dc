import type { ArenaBuffer, DeviceBuffer } from '../plan/buffers.js';
import { type Source, vectorsOf } from '../plan/source.js';
import { storeVector } from '../shader/access.js';
import { sourceReader } from '../shader/sourceReader.js';
import { type Kernel, mapKernel } from '../shader/wgsl.js';
import type { Target } from './maps.js';

/** Planes, `[channels][height][width]`, become pixels. */
export function importKernel(planes: DeviceBuffer, to: Target): Kernel {
  const vectors = vectorsOf(to.channels);
  const plane = to.height * to.width;
  return mapKernel(plane * vectors, {
    label: `import ${to.channels} x ${to.height} x ${to.width}`,
    bindings: [
      { name: 'planes', element: 'f32', buffer: planes },
      { name: 'target_', element: 'vec4f', buffer: to.buffer },
    ],
    body: `  let c = index / ${plane}u;
  let pixel = index % ${plane}u;
  var v = vec4f(0);
  for (var lane = 0u; lane < 4u; lane++) {
    let channel = 4 * c + lane;
    if (channel < ${to.channels}u) { v[lane] = planes[channel * ${plane}u + pixel]; }
  }
  ${storeVector(to.buffer, 'target_', `pixel * ${vectors}u + c`, 'v')}`,
  });
}

/** A value without a border becomes planes. */
export function exportKernel(source: Source, planes: ArenaBuffer): Kernel {
  const { channels, vectors, height, width } = source;
  const plane = height * width;
  const reader = sourceReader('source', source);
  return mapKernel(plane * vectors, {
    label: `export ${channels} x ${height} x ${width}`,
    bindings: [...reader.bindings, { name: 'planes', element: 'f32', buffer: planes }],
    declarations: reader.declarations,
    body: `  let c = index / ${plane}u;
  let pixel = index % ${plane}u;
  let v = sourceAt(i32(pixel), c);
  for (var lane = 0u; lane < 4u; lane++) {
    let channel = 4 * c + lane;
    if (channel < ${channels}u) { planes[channel * ${plane}u + pixel] = v[lane]; }
  }`,
  });
}

/** A flat value with one element for each channel, or one for all, becomes pixels. */
export function fillKernel(from: DeviceBuffer, isOne: boolean, to: Target): Kernel {
  const vectors = vectorsOf(to.channels);
  return mapKernel(to.height * to.width * vectors, {
    label: `fill ${to.channels} x ${to.height} x ${to.width}`,
    bindings: [
      { name: 'elements', element: 'f32', buffer: from },
      { name: 'target_', element: 'vec4f', buffer: to.buffer },
    ],
    body: `  let c = index % ${vectors}u;
  var v = vec4f(0);
  for (var lane = 0u; lane < 4u; lane++) {
    let channel = 4 * c + lane;
    if (channel < ${to.channels}u) { v[lane] = elements[${isOne ? '0' : 'channel'}]; }
  }
  ${storeVector(to.buffer, 'target_', 'index', 'v')}`,
  });
}
