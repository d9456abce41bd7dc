import { ShapeError } from '../../errors.js';
import type { Operator } from '../operator.js';
import type { PixelShuffleAttributes } from '../pixelShuffle.js';
import { formatShape, imageShape } from '../shape.js';
import { Tensor } from '../tensor.js';

/** Blocks of r × r pixels become r² channels: `pixelShuffle` turned around, and its adjoint. @see torch.nn.PixelUnshuffle */
export const pixelUnshuffleOperator: Operator<PixelShuffleAttributes, readonly ['input']> = {
  op: 'pixelUnshuffle',
  operands: ['input'],

  outputShape([input], { upscaleFactor: r }) {
    const { channels, height, width, with: resized } = imageShape(input, 'pixelUnshuffle');
    if (height % r !== 0 || width % r !== 0) {
      throw new ShapeError(
        `pixelUnshuffle: sides of ${formatShape(input)} are no multiples of ${r}.`,
      );
    }
    return resized(channels * r * r, height / r, width / r);
  },

  run([{ data, shape: input }], attributes) {
    const { upscaleFactor: r } = attributes;
    const out = Tensor.zeros(this.outputShape([input], attributes));
    const [height, width] = out.shape.slice(-2);
    for (let plane = 0; plane * height * width < data.length; plane++) {
      const [block, i, j] = [Math.floor(plane / (r * r)), Math.floor(plane / r) % r, plane % r];
      for (let y = 0; y < height; y++) {
        const to = (plane * height + y) * width;
        const from = ((block * height + y) * r + i) * width * r + j;
        for (let x = 0; x < width; x++) out.data[to + x] = data[from + x * r];
      }
    }
    return out;
  },
};
