import { ShapeError } from '../errors.js';
import { type Operator, runOperator } from './operator.js';
import { formatShape, imageShape } from './shape.js';
import { Tensor } from './tensor.js';

export interface PixelShuffleAttributes {
  /** How many times the sides. */
  readonly upscaleFactor: number;
}

/** @throws ShapeError for a factor that is no whole number from 1 on. */
export function resolvePixelShuffle(upscaleFactor: number): PixelShuffleAttributes {
  if (!Number.isInteger(upscaleFactor) || upscaleFactor < 1) {
    throw new ShapeError(
      `pixelShuffle: upscaleFactor must be a whole number of at least 1, but got ${upscaleFactor}.`,
    );
  }
  return { upscaleFactor };
}

export const pixelShuffleOperator: Operator<PixelShuffleAttributes, readonly ['input']> = {
  op: 'pixelShuffle',
  operands: ['input'],

  outputShape([input], { upscaleFactor: r }) {
    const { channels, height, width, with: resized } = imageShape(input, 'pixelShuffle');
    if (channels % (r * r) !== 0) {
      throw new ShapeError(
        `pixelShuffle: ${channels} channels of ${formatShape(input)} do not make blocks of ${r} x ${r} pixels; a multiple of ${r * r} does.`,
      );
    }
    return resized(channels / (r * r), height * r, width * r);
  },

  run([{ data, shape: input }], attributes) {
    const { upscaleFactor: r } = attributes;
    const out = Tensor.zeros(this.outputShape([input], attributes));
    const [height, width] = input.slice(-2);
    // Planes of the input, one after the other: row and column within the block go by fastest.
    for (let plane = 0; plane * height * width < data.length; plane++) {
      const [block, i, j] = [Math.floor(plane / (r * r)), Math.floor(plane / r) % r, plane % r];
      for (let y = 0; y < height; y++) {
        const from = (plane * height + y) * width;
        const to = ((block * height + y) * r + i) * width * r + j;
        for (let x = 0; x < width; x++) out.data[to + x * r] = data[from + x];
      }
    }
    return out;
  },

  inputRegions: ({ top, bottom, left, right }, _, { upscaleFactor: r }) => [
    {
      top: Math.floor(top / r),
      bottom: Math.ceil(bottom / r),
      left: Math.floor(left / r),
      right: Math.ceil(right / r),
    },
  ],
};

/**
 * Channels become pixels: r² of them a block of r × r.
 *
 * ```ts
 * const x = new Tensor(Float32Array.of(1, 2, 3, 4), [1, 4, 1, 1]);
 * pixelShuffle(x, 2).data; // [1, 2, 3, 4]
 * pixelShuffle(x, 2).shape; // [1, 1, 2, 2]
 * ```
 *
 * @param input `[N, C·r², H, W]` or `[C·r², H, W]`.
 * @param upscaleFactor r.
 * @returns `[N, C, H·r, W·r]` or `[C, H·r, W·r]`.
 * @throws ShapeError when r² does not divide the channels.
 * @see torch.nn.PixelShuffle; Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
 * Convolutional Neural Network", arXiv:1609.05158
 */
export function pixelShuffle(input: Tensor, upscaleFactor: number): Tensor {
  return runOperator(pixelShuffleOperator, [input], resolvePixelShuffle(upscaleFactor));
}
