import type { Source } from '../plan/source.js';
import { vectorsOf } from '../plan/source.js';
import { storeElement, storeVector } from '../shader/access.js';
import { sourceReader } from '../shader/sourceReader.js';
import { type Kernel, mapKernel } from '../shader/wgsl.js';
import { pixelMap, type Target } from './maps.js';

/**
 * Writes a value, with its border, into channels of another from `firstChannel` on. The last to be written makes the channels
 * behind it, which are padding, zero.
 */
export function insertKernel(source: Source, firstChannel: number, to: Target): Kernel {
  const { channels, vectors } = source;
  const stride = vectorsOf(to.channels) * 4;
  const isLast = firstChannel + channels === to.channels;
  const written = isLast ? stride - firstChannel : channels;
  const groups = Math.ceil(written / 4);
  const reader = sourceReader('source', source);
  return mapKernel(to.height * to.width * groups, {
    label: `insert ${channels} channels at ${firstChannel} of ${to.channels}`,
    bindings: [...reader.bindings, { name: 'target_', element: 'f32', buffer: to.buffer }],
    declarations: reader.declarations,
    body: `  let c = index % ${groups}u;
  let pixel = index / ${groups}u;
  let read = sourcePixel(i32(pixel / ${to.width}u), i32(pixel % ${to.width}u));
  let v = select(vec4f(0), sourceAt(read, min(c, ${vectors - 1}u)), c < ${vectors}u);
  let at = pixel * ${stride}u + ${firstChannel}u + 4 * c;
  for (var lane = 0u; lane < 4u; lane++) {
    let channel = 4 * c + lane;
    if (channel < ${written}u) { ${storeElement(to.buffer, 'target_', 'at + lane', `select(0, v[lane], channel < ${channels}u)`)} }
  }`,
  });
}

/** Channels `firstChannel …` of a value, with its border. */
export function narrowKernel(source: Source, firstChannel: number, to: Target): Kernel {
  return pixelMap({
    label: `channels ${firstChannel} … of ${source.channels}`,
    source,
    to,
    body: `  let read = sourcePixel(y, x);
  let first = ${firstChannel}u + 4 * c;
  let a = sourceAt(read, first / 4);
  let b = sourceAt(read, min(first / 4 + 1, ${source.vectors - 1}u));
  let shift = first % 4;
  var result: vec4f;
  for (var lane = 0u; lane < 4u; lane++) {
    let channel = shift + lane;
    result[lane] = select(b[channel % 4], a[channel % 4], channel < 4);
  }`,
  });
}

/** Channels of each pixel as shares of 1 (torch.softmax along channels): one thread per pixel. */
export function softmaxKernel(source: Source, to: Target): Kernel {
  const { channels, vectors } = source;
  const reader = sourceReader('source', source);
  return mapKernel(to.height * to.width, {
    label: `softmax of ${channels} channels`,
    bindings: [...reader.bindings, { name: 'target_', element: 'vec4f', buffer: to.buffer }],
    declarations: reader.declarations,
    body: `  let read = sourcePixel(i32(index / ${to.width}u), i32(index % ${to.width}u));
  var most = sourceAt(read, 0).x;
  for (var channel = 1u; channel < ${channels}u; channel++) {
    most = max(most, sourceAt(read, channel / 4)[channel % 4]);
  }
  var total = 0f;
  for (var channel = 0u; channel < ${channels}u; channel++) {
    total += exp(sourceAt(read, channel / 4)[channel % 4] - most);
  }
  for (var c = 0u; c < ${vectors}u; c++) {
    var v = exp(sourceAt(read, c) - most) / total;
    for (var lane = 0u; lane < 4u; lane++) { if (4 * c + lane >= ${channels}u) { v[lane] = 0; } }
    ${storeVector(to.buffer, 'target_', `index * ${vectors}u + c`, 'v')}
  }`,
  });
}

/** Channels become blocks of `factor × factor` pixels (torch.nn.PixelShuffle). */
export function pixelShuffleKernel(source: Source, factor: number, to: Target): Kernel {
  return pixelMap({
    label: `pixel shuffle by ${factor}`,
    source,
    to,
    body: `  let read = sourcePixel(y / ${factor}, x / ${factor});
  let within = u32((y % ${factor}) * ${factor} + x % ${factor});
  var result: vec4f;
  for (var lane = 0u; lane < 4u; lane++) {
    let channel = min((4 * c + lane) * ${factor * factor}u + within, ${source.channels - 1}u);
    result[lane] = sourceAt(read, channel / 4)[channel % 4];
  }`,
  });
}

/** Elements in the order of planes, `[channels][height][width]`, as those of another value. */
export function reshapeKernel(source: Source, to: Target): Kernel {
  const plane = source.height * source.width;
  return pixelMap({
    label: 'reshape',
    source,
    to,
    body: `  var result: vec4f;
  for (var lane = 0u; lane < 4u; lane++) {
    let element = ((4 * c + lane) * ${to.height}u + u32(y)) * ${to.width}u + u32(x);
    let channel = min(element / ${plane}u, ${source.channels - 1}u);
    let read = element % ${plane}u;
    result[lane] = sourceAt(i32(read), channel / 4)[channel % 4];
  }`,
  });
}
