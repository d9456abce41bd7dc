import { FACTOR_ROWS, type Source, type SourceOperation } from '../plan/source.js';
import { loadVector } from './access.js';
import { activated, combined, KEPT } from './elements.js';
import type { Binding } from './wgsl.js';

/** Functions by which a shader reads a value. */
export interface SourceReader {
  readonly bindings: readonly Binding[];
  /** Declares `NAMEPixel(y, x) -> i32` and `NAMEAt(pixel: i32, c: u32) -> vec4f`. */
  readonly declarations: readonly string[];
}

/**
 * Reading goes in two parts, so that what concerns a pixel is done once for all of its channels: `NAMEPixel` finds the pixel
 * that lies at row `y` and column `x` of the value with its border, −1 where that is zero; `NAMEAt` reads channels
 * `4c … 4c + 3` of it, and does what is pending.
 */
export function sourceReader(name: string, source: Source): SourceReader {
  const { buffer, vectors, height, width, border, operations } = source;
  const bindings: Binding[] = [{ name, element: 'vec4f', buffer }];
  const lines = operations.map((operation, i) => {
    const other = `${name}${i}`;
    if (operation.kind === 'norm')
      bindings.push({ name: other, element: 'vec4f', buffer: operation.factors });
    else if (operation.kind !== 'activation')
      bindings.push({ name: other, element: 'vec4f', buffer: operation.other });
    return `  v = ${applied(operation, other, vectors)};`;
  });
  const { top, left, mode } = border;
  const find = `fn ${name}Pixel(y: i32, x: i32) -> i32 {
  ${mirrored('row', `y - ${top}`, height, mode)}
  ${mirrored('column', `x - ${left}`, width, mode)}
  let isInside = row >= 0 && row < ${height} && column >= 0 && column < ${width};
  return select(-1, row * ${width} + column, isInside);
}`;
  const read = `fn ${name}At(pixel: i32, c: u32) -> vec4f {
  if (pixel < 0) { return vec4f(0); }
  let at = u32(pixel) * ${vectors}u + c;
  var v = ${loadVector(buffer, name, 'at')};
${lines.join('\n')}
  return v;
}`;
  return { bindings, declarations: [KEPT, find, read] };
}

function mirrored(name: string, position: string, size: number, mode: Source['border']['mode']) {
  if (mode === 'zero') return `let ${name} = ${position};`;
  if (mode === 'replicate') return `let ${name} = clamp(${position}, 0, ${size - 1});`;
  // Once at each side, as ReflectionPad2d: a border is smaller than the value.
  return `let ${name} = ${size - 1} - abs(${size - 1} - abs(${position}));`;
}

function applied(operation: SourceOperation, other: string, vectors: number): string {
  if (operation.kind === 'activation') return activated(operation.activation, 'v');
  if (operation.kind === 'norm') {
    const row = (index: number) => `${other}[${index * vectors}u + c]`;
    const { pivot, mean, scale, shift } = FACTOR_ROWS;
    return `(v - ${row(pivot)} - ${row(mean)}) * ${row(scale)} + ${row(shift)}`;
  }
  const b = operation.isMask
    ? `vec4f(${loadVector(operation.other, other, 'u32(pixel)')}.x)`
    : loadVector(operation.other, other, 'at');
  return combined(operation.kind, 'v', b);
}
