import { vectorsOf } from '../../plan/source.js';
import { MAX_WORKGROUPS, repeat } from '../../shader/wgsl.js';
import { MERGE, PART_ROWS, type Parts, writePart } from '../statistics.js';

/**
 * How a workgroup's threads share a matrix product [pixels][inputs] × [inputs][outputs]: `across` threads side by side over
 * vectors of output channels, `down` over pixels, each with `vectors × pixels` sums in registers. A pixel's input vector is
 * read once for `vectors` sums, a 4×4 block of weights once for `pixels`.
 */
export interface Tile {
  readonly across: number;
  readonly down: number;
  readonly vectors: number;
  readonly pixels: number;
}

const THREADS = 64;

export function tileFor(outVectors: number, pixels: number): Tile {
  const vectors = outVectors >= 16 ? 2 : 1;
  const wanted = Math.ceil(outVectors / vectors);
  const across = [1, 2, 4, 8].find((count) => count >= wanted) ?? 8;
  return { across, down: THREADS / across, vectors, pixels: pixels < THREADS ? 1 : 4 };
}

/** Pixels of a workgroup. */
export function pixelsOf({ down, pixels }: Tile): number {
  return down * pixels;
}

/** A grid of tiles: along x, and along z where there are more than x takes, `parts` times over. */
export function gridOf(tile: Tile, pixels: number, outVectors: number, parts: number) {
  const tiles = Math.ceil(pixels / pixelsOf(tile));
  const x = Math.max(1, Math.min(tiles, MAX_WORKGROUPS));
  const layers = Math.max(1, Math.ceil(tiles / x));
  const y = Math.ceil(outVectors / (tile.across * tile.vectors));
  return { tiles, x, layers, workgroups: [x, y, layers * parts] as const };
}

/** `sum_PIXEL_VECTOR`, all zero. */
export function declareSums({ pixels, vectors }: Tile): string {
  return repeat(pixels, (p) => repeat(vectors, (v) => `  var sum_${p}_${v} = vec4f(0);`));
}

/** Adds the products of `a_PIXEL` with the blocks at `weights[at + VECTOR]`. */
export function addProducts({ pixels, vectors }: Tile): string {
  return repeat(
    vectors,
    (v) => `    let w_${v} = weights[at + ${v}u];
${repeat(pixels, (p) => `    sum_${p}_${v} += w_${v} * a_${p};`)}`,
  );
}

/** Declarations for `leavePart`. */
export function partMemory({ across, down }: Pick<Tile, 'across' | 'down'>): string[] {
  return [MERGE, `var<workgroup> shared_: array<Part, ${across * down}>;`];
}

/**
 * Statements by which a workgroup leaves a part of the statistics of what it has stored, of vector `channel`: each thread
 * makes one of its own vectors, and the first row of threads merges those below.
 * @param values Expressions of the stored vectors of a thread, and whether each lies within the value.
 */
export function leavePart(
  { across, down }: Pick<Tile, 'across' | 'down'>,
  outChannels: number,
  channel: string,
  values: readonly { readonly value: string; readonly isInside: string }[],
  index: string,
): string {
  const vectors = vectorsOf(outChannels);
  const total = (of: (value: string) => string) =>
    values.map(({ value, isInside }) => `select(vec4f(0), ${of(value)}, ${isInside})`).join(' + ');
  return `  {
    let count = ${values.map(({ isInside }) => `select(0f, 1f, ${isInside})`).join(' + ')};
    let pivot = ${values[0].value};
    let mean = (${total((value) => `${value} - pivot`)}) / max(count, 1);
    let squares = ${total((value) => `(${value} - pivot - mean) * (${value} - pivot - mean)`)};
    workgroupBarrier();
    shared_[local.y * ${across}u + local.x] = Part(count, pivot, mean, squares);
    workgroupBarrier();
    let c = ${channel};
    if (local.y == 0 && c < ${vectors}u) {
      var part = shared_[local.x];
      for (var row = 1u; row < ${down}u; row++) { part = merged(part, shared_[row * ${across}u + local.x]); }
      ${writePart(vectors, index, 'part')}
    }
  }`;
}

/** Floats of the statistics' parts of a value. */
export function partFloats({ count }: Pick<Parts, 'count'>, channels: number): number {
  return count * PART_ROWS.number * vectorsOf(channels) * 4;
}
