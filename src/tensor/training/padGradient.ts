import type { Operator } from '../operator.js';
import { inside, type PadAttributes, padOperator } from '../pad.js';
import { imageShape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { checkSame } from './elementwise.js';

export interface PadGradientAttributes extends PadAttributes {
  /** `[height, width]` of what was padded. */
  readonly size: readonly [number, number];
}

/** The adjoint of a pad: what lies in the border is added to where it came from. */
export const padGradientOperator: Operator<PadGradientAttributes, readonly ['gradient']> = {
  op: 'padGradient',
  operands: ['gradient'],

  outputShape([gradient], { size, ...attributes }) {
    const { channels, with: resized } = imageShape(gradient, 'padGradient');
    const input = resized(channels, size[0], size[1]);
    checkSame('padGradient', padOperator.outputShape([input], attributes), gradient);
    return input;
  },

  run([gradient], attributes) {
    const { mode, padding, size } = attributes;
    const [height, width] = size;
    const shape = this.outputShape([gradient.shape], attributes);
    const [outHeight, outWidth] = gradient.shape.slice(-2);
    const sums = new Float64Array(shape.reduce((a, b) => a * b, 1));
    const columns = Array.from({ length: outWidth }, (_, x) => inside(mode, x - padding[0], width));
    for (let from = 0, row = 0; from < gradient.size; from += outWidth, row++) {
      const y = inside(mode, (row % outHeight) - padding[2], height);
      if (y < 0) continue;
      const to = (Math.floor(row / outHeight) * height + y) * width;
      for (let x = 0; x < outWidth; x++) {
        if (columns[x] >= 0) sums[to + columns[x]] += gradient.data[from + x];
      }
    }
    return new Tensor(Float32Array.from(sums), shape);
  },
};
