import type { Pair } from '../tensor/shape.js';

/** Values as Python prints them, for `print(module)`. */
export function pair([a, b]: readonly [number, number]): string {
  return `(${a}, ${b})`;
}

/** One value for both directions stays one. */
export function pairOrNumber(value: Pair): string {
  return typeof value === 'number' ? String(value) : pair(value);
}

export function bool(value: boolean): string {
  return value ? 'True' : 'False';
}

/** `1e-05`, `0.1`: Python's shortest form, with exponents of two digits. */
export function float(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-4) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}
