import { Tensor } from '../tensor.js';

/** What a window of an axis reads: `count` elements from `first` on. */
export interface MaxWindow {
  readonly first: number;
  readonly count: number;
}

/** What each pixel of a pool's result has read. */
export interface MaxWindows {
  readonly rows: readonly MaxWindow[];
  readonly columns: readonly MaxWindow[];
  /** `[vertical, horizontal]` steps within a window. */
  readonly dilation: readonly [number, number];
}

/** Each window's gradient, added to its largest element: the first of equal ones, or the last NaN, as PyTorch finds it. */
export function scatterToMaxima(input: Tensor, gradient: Tensor, windows: MaxWindows): Tensor {
  const { rows, columns } = windows;
  const [height, width] = input.shape.slice(-2);
  const sums = new Float64Array(input.size);
  for (let i = 0; i < gradient.size; i++) {
    const row = Math.floor(i / columns.length);
    const plane = Math.floor(row / rows.length) * height * width;
    const [down, across] = [rows[row % rows.length], columns[i % columns.length]];
    const at = placeOfLargest(input.data, plane, width, down, across, windows.dilation);
    if (at >= 0) sums[at] += gradient.data[i];
  }
  return new Tensor(Float32Array.from(sums), input.shape);
}

/** @returns −1 for a window that reads nothing but padding. */
function placeOfLargest(
  data: Float32Array,
  plane: number,
  width: number,
  rows: MaxWindow,
  columns: MaxWindow,
  dilation: readonly [number, number],
): number {
  let most = Number.NEGATIVE_INFINITY;
  let at = -1;
  for (let i = 0; i < rows.count; i++) {
    const row = plane + (rows.first + i * dilation[0]) * width + columns.first;
    for (let j = 0; j < columns.count; j++) {
      const value = data[row + j * dilation[1]];
      if (at < 0 || value > most || Number.isNaN(value)) {
        most = value;
        at = row + j * dilation[1];
      }
    }
  }
  return at;
}
