import type { ChannelOperation } from '../../shared/fuse/lazyValue.js';
import type { Statistics } from '../../shared/fuse/steps.js';
import type { ArenaBuffer, DeviceBuffer } from '../plan/buffers.js';
import { FACTOR_ROWS, vectorsOf } from '../plan/source.js';
import { loadElement } from '../shader/access.js';
import { combined } from '../shader/elements.js';
import { type Binding, f32, type Kernel, kernel, laneMask, mapKernel } from '../shader/wgsl.js';
import { mergePartsText, type Parts } from './statistics.js';

/** What a norm scales and shifts by, padded with zeros; `null` for none. */
export interface Affine {
  readonly weight: DeviceBuffer | null;
  readonly bias: DeviceBuffer | null;
}

/** The factors of a norm by a value's own statistics, whose parts are merged; of channels by themselves (instance norm). */
export function normKernel(
  channels: number,
  parts: Parts,
  how: Statistics,
  affine: Affine,
  factors: ArenaBuffer,
): Kernel {
  const vectors = vectorsOf(channels);
  const { body, declarations, ...text } = mergePartsText(vectors, parts);
  return kernel({
    ...text,
    label: `norm of ${channels} channels`,
    declarations,
    bindings: [
      { name: 'parts', element: 'vec4f', buffer: parts.buffer },
      ...affineBindings(affine),
      { name: 'factors', element: 'vec4f', buffer: factors },
    ],
    body: `${body}
  if (local.x == 0) {
    let variance = all.squares / (all.count - ${f32(how.correction)});
    ${writeFactors(channels, how, affine, 'all.pivot', 'all.mean', 'variance')}
  }`,
  });
}

/** The statistics of each channel, merged: `[count][pivot][mean][squares]`. */
export function channelStatisticsKernel(channels: number, parts: Parts, to: ArenaBuffer): Kernel {
  const vectors = vectorsOf(channels);
  const { body, ...text } = mergePartsText(vectors, parts);
  return kernel({
    ...text,
    label: `statistics of ${channels} channels`,
    bindings: [
      { name: 'parts', element: 'vec4f', buffer: parts.buffer },
      { name: 'statistics', element: 'vec4f', buffer: to },
    ],
    body: `${body}
  if (local.x == 0) {
    statistics[c] = vec4f(all.count);
    statistics[${vectors}u + c] = all.pivot;
    statistics[${2 * vectors}u + c] = all.mean;
    statistics[${3 * vectors}u + c] = all.squares;
  }`,
  });
}

/** The factors of a norm of channels that are normalised together: each thread merges the statistics of its group. */
export function groupNormKernel(
  channels: number,
  statistics: ArenaBuffer,
  how: Statistics,
  affine: Affine,
  factors: ArenaBuffer,
): Kernel {
  const vectors = vectorsOf(channels);
  return mapKernel(vectors, {
    label: `norm of ${channels} channels, ${how.perGroup} together`,
    bindings: [
      { name: 'statistics', element: 'vec4f', buffer: statistics },
      ...affineBindings(affine),
      { name: 'factors', element: 'vec4f', buffer: factors },
    ],
    body: `  let c = index;
  var pivot = vec4f(0);
  var mean = vec4f(0);
  var variance = vec4f(0);
  for (var lane = 0u; lane < 4u; lane++) {
    let channel = 4 * c + lane;
    if (channel >= ${channels}u) { break; }
    let first = channel / ${how.perGroup}u * ${how.perGroup}u;
    let p = statistics[${vectors}u + first / 4][first % 4];
    var total = 0f;
    var m = 0f;
    var squares = 0f;
    for (var other = first; other < first + ${how.perGroup}u; other++) {
      let count = statistics[other / 4].x;
      let apart = statistics[${vectors}u + other / 4][other % 4] - p;
      let difference = apart + statistics[${2 * vectors}u + other / 4][other % 4] - m;
      let share = count / (total + count);
      m += difference * share;
      squares += statistics[${3 * vectors}u + other / 4][other % 4] + difference * difference * (total * share);
      total += count;
    }
    pivot[lane] = p;
    mean[lane] = m;
    variance[lane] = squares / (total - ${f32(how.correction)});
  }
  ${writeFactors(channels, how, affine, 'pivot', 'mean', 'variance')}`,
  });
}

function affineBindings({ weight, bias }: Affine): Binding[] {
  return [
    ...(weight === null ? [] : [{ name: 'weight', element: 'vec4f', buffer: weight } as const]),
    ...(bias === null ? [] : [{ name: 'bias', element: 'vec4f', buffer: bias } as const]),
  ];
}

/** Statements that write the factors of vector `c`. Those of padding are zero. */
function writeFactors(
  channels: number,
  { eps, epsOutside }: Statistics,
  { weight, bias }: Affine,
  pivot: string,
  mean: string,
  variance: string,
): string {
  const vectors = vectorsOf(channels);
  const deviation = epsOutside
    ? `(sqrt(${variance}) + ${f32(eps)})`
    : `sqrt(${variance} + ${f32(eps)})`;
  const isReal = `(c < ${vectors - 1}u || ${channels % 4 === 0 ? 'true' : 'false'})`;
  const mask = `select(${laneMask(channels)}, vec4<bool>(true), ${isReal})`;
  return `factors[${FACTOR_ROWS.pivot * vectors}u + c] = ${pivot};
  factors[${FACTOR_ROWS.mean * vectors}u + c] = ${mean};
  factors[${FACTOR_ROWS.scale * vectors}u + c] = select(vec4f(0), ${weight === null ? '1' : 'weight[c]'} / ${deviation}, ${mask});
  factors[${FACTOR_ROWS.shift * vectors}u + c] = ${bias === null ? 'vec4f(0)' : 'bias[c]'};`;
}

/**
 * What is done to each channel by one number, on top of a norm's factors or as factors of its own.
 * @param isOne Whether one number goes with all channels.
 */
export function scaleKernel(
  channels: number,
  operation: ChannelOperation,
  from: DeviceBuffer | null,
  by: DeviceBuffer,
  isOne: boolean,
  factors: ArenaBuffer,
): Kernel {
  const vectors = vectorsOf(channels);
  const row = (name: string, index: number) => `${name}[${index * vectors}u + c]`;
  const before = (index: number, value: number) =>
    from === null ? `vec4f(${value})` : row('from_', index);
  const shifts = operation !== 'mul' && operation !== 'div';
  const scale = shifts
    ? operation === 'subFrom'
      ? '-scale'
      : 'scale'
    : combined(operation, 'scale', 'by');
  return mapKernel(vectors, {
    label: `${operation} of ${channels} channels`,
    bindings: [
      ...(from === null ? [] : [{ name: 'from_', element: 'vec4f', buffer: from } as const]),
      { name: 'numbers', element: 'f32', buffer: by },
      { name: 'factors', element: 'vec4f', buffer: factors },
    ],
    // What padding is divided by is 1, so that it stays zero.
    body: `  let c = index;
  var by = vec4f(${operation === 'div' ? 1 : 0});
  for (var lane = 0u; lane < 4u; lane++) {
    let channel = 4 * c + lane;
    if (channel < ${channels}u) { by[lane] = ${loadElement(by, 'numbers', isOne ? '0' : 'channel')}; }
  }
  let scale = ${before(FACTOR_ROWS.scale, 1)};
  let shift = ${before(FACTOR_ROWS.shift, 0)};
  ${row('factors', FACTOR_ROWS.pivot)} = ${before(FACTOR_ROWS.pivot, 0)};
  ${row('factors', FACTOR_ROWS.mean)} = ${before(FACTOR_ROWS.mean, 0)};
  ${row('factors', FACTOR_ROWS.scale)} = ${scale};
  ${row('factors', FACTOR_ROWS.shift)} = ${shifts || from !== null ? combined(operation, 'shift', 'by') : 'vec4f(0)'};`,
  });
}

/** Two norms of one value, the sum or the difference of what they make, become one. */
export function mergeKernel(
  channels: number,
  operation: 'add' | 'sub',
  a: DeviceBuffer,
  b: DeviceBuffer,
  factors: ArenaBuffer,
): Kernel {
  const vectors = vectorsOf(channels);
  const sign = operation === 'add' ? '+' : '-';
  const row = (name: string, index: number) => `${name}[${index * vectors}u + c]`;
  const { pivot, mean, scale, shift } = FACTOR_ROWS;
  return mapKernel(vectors, {
    label: `${operation} two norms of ${channels} channels`,
    bindings: [
      { name: 'a', element: 'vec4f', buffer: a },
      { name: 'b', element: 'vec4f', buffer: b },
      { name: 'factors', element: 'vec4f', buffer: factors },
    ],
    // (v − ma)·sa + ta ± ((v − mb)·sb + tb), as one norm around ma.
    body: `  let c = index;
  let between = (${row('a', pivot)} - ${row('b', pivot)}) + (${row('a', mean)} - ${row('b', mean)});
  let apart = between * ${row('b', scale)};
  ${row('factors', pivot)} = ${row('a', pivot)};
  ${row('factors', mean)} = ${row('a', mean)};
  ${row('factors', scale)} = ${row('a', scale)} ${sign} ${row('b', scale)};
  ${row('factors', shift)} = ${row('a', shift)} ${sign} (apart + ${row('b', shift)});`,
  });
}
