import type { ArenaBuffer } from '../plan/buffers.js';
import type { Source } from '../plan/source.js';
import { sourceReader } from '../shader/sourceReader.js';
import { type Kernel, kernel } from '../shader/wgsl.js';

/**
 * Statistics go by parts, none of which needs E[x²] − mean²: each workgroup leaves, for each channel, the number of pixels that it
 * has seen, their mean, and the sum of squared distances from that; two such parts are merged exactly
 * (Chan, Golub and LeVeque, 1979). The mean is told from a pivot, one of the values: of values far from zero that are near each other,
 * it keeps all its digits. A part is four rows of `[vectors]` of `vec4f`.
 */
export interface Parts {
  readonly buffer: ArenaBuffer;
  readonly count: number;
}

export const PART_ROWS = { count: 0, pivot: 1, mean: 2, squares: 3, number: 4 };

/** Merges a part into another, whose pivot stays. */
export const MERGE = `struct Part { count: f32, pivot: vec4f, mean: vec4f, squares: vec4f }
fn merged(a: Part, b: Part) -> Part {
  if (a.count == 0) { return b; }
  if (b.count == 0) { return a; }
  let count = a.count + b.count;
  let difference = (b.pivot - a.pivot) + (b.mean - a.mean);
  let share = b.count / count;
  return Part(
    count,
    a.pivot,
    a.mean + difference * share,
    a.squares + b.squares + difference * difference * (a.count * share),
  );
}`;

/** Statements that write a part for vector `c`, whose workgroup is part `index`. */
export function writePart(vectors: number, index: string, part: string): string {
  const row = (number: number) =>
    `parts[(${index} * ${PART_ROWS.number}u + ${number}u) * ${vectors}u + c]`;
  return `${row(PART_ROWS.count)} = vec4f(${part}.count);
  ${row(PART_ROWS.pivot)} = ${part}.pivot;
  ${row(PART_ROWS.mean)} = ${part}.mean;
  ${row(PART_ROWS.squares)} = ${part}.squares;`;
}

const THREADS = 64;
/** Pixels per part: enough to make the merge cheap, few enough for many workgroups. */
const PART_PIXELS = 1024;

export function partsOf(pixels: number): number {
  return Math.ceil(pixels / PART_PIXELS);
}

/** The parts of a value's statistics, without its border. */
export function sumsKernel(source: Source, parts: Parts): Kernel {
  const { vectors, height, width } = source;
  const pixels = height * width;
  const reader = sourceReader('source', source);
  return kernel({
    label: `statistics of ${source.channels} x ${height} x ${width}`,
    bindings: [...reader.bindings, { name: 'parts', element: 'vec4f', buffer: parts.buffer }],
    declarations: [
      ...reader.declarations,
      MERGE,
      `var<workgroup> shared_: array<Part, ${THREADS}>;`,
    ],
    workgroupSize: [THREADS, 1],
    workgroups: [parts.count, vectors, 1],
    body: `  let c = group.y;
  let end = min((group.x + 1) * ${PART_PIXELS}u, ${pixels}u);
  let begin = group.x * ${PART_PIXELS}u + local.x;
  let pivot = sourceAt(i32(min(begin, ${pixels - 1}u)), c);
  var sum = vec4f(0);
  var count = 0f;
  for (var pixel = begin; pixel < end; pixel += ${THREADS}u) {
    sum += sourceAt(i32(pixel), c) - pivot;
    count += 1;
  }
  var own = Part(count, pivot, sum / max(count, 1), vec4f(0));
  for (var pixel = begin; pixel < end; pixel += ${THREADS}u) {
    let distance = (sourceAt(i32(pixel), c) - pivot) - own.mean;
    own.squares += distance * distance;
  }
  ${mergeAcross('own')}
  if (local.x == 0) {
    ${writePart(vectors, 'group.x', 'all')}
  }`,
  });
}

/** Statements that merge a part of each of the workgroup's threads into `all`, which the first thread has. */
function mergeAcross(own: string): string {
  return `shared_[local.x] = ${own};
  workgroupBarrier();
  var all = shared_[0];
  if (local.x == 0) {
    for (var other = 1u; other < ${THREADS}u; other++) { all = merged(all, shared_[other]); }
  }`;
}

/** Merges all parts of each channel: `[mean][squares]`, each `[vectors]`, into `to`. One workgroup per vector. */
export function mergePartsText(vectors: number, parts: Parts) {
  return {
    declarations: [MERGE, `var<workgroup> shared_: array<Part, ${THREADS}>;`],
    workgroupSize: [THREADS, 1] as const,
    workgroups: [vectors, 1, 1] as const,
    body: `  let c = group.x;
  var own = Part(0, vec4f(0), vec4f(0), vec4f(0));
  for (var i = local.x; i < ${parts.count}u; i += ${THREADS}u) {
    let at = (i * ${PART_ROWS.number}u) * ${vectors}u + c;
    own = merged(own, Part(parts[at].x, ${[1, 2, 3].map((row) => `parts[at + ${row * vectors}u]`).join(', ')}));
  }
  ${mergeAcross('own')}`,
  };
}
