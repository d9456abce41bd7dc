import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conv2d } from '../../src/tensor/conv2d.js';
import { convTranspose2d } from '../../src/tensor/convTranspose2d.js';
import { reflectionPad2d } from '../../src/tensor/reflectionPad2d.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from '../support/closeness.js';

/** A convolution that fits: geometry first, numbers from a seed, since their size follows from it. */
const convolution = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 3 }),
    inPerGroup: fc.integer({ min: 1, max: 3 }),
    outPerGroup: fc.integer({ min: 1, max: 6 }),
    kernel: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    padding: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })),
    dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    size: fc.tuple(fc.integer({ min: 7, max: 12 }), fc.integer({ min: 7, max: 12 })),
    seed: fc.integer(),
  })
  .map((c) => {
    const draw = numbers(c.seed);
    const inChannels = c.groups * c.inPerGroup;
    const outChannels = c.groups * c.outPerGroup;
    const { stride, padding, dilation, groups } = c;
    return {
      options: { stride, padding, dilation, groups },
      inputShape: [c.batch, inChannels, ...c.size],
      weight: draw([outChannels, c.inPerGroup, ...c.kernel]),
      draw,
    };
  });

describe('conv2d', () => {
  it('is what its definition says', () => {
    fc.assert(
      fc.property(convolution, ({ options, inputShape, weight, draw }) => {
        const input = draw(inputShape);
        const bias = draw([weight.shape[0]]);
        expectClose(
          conv2d(input, weight, bias, options),
          definition(input, weight, bias, options),
          {
            absolute: 1e-5,
          },
        );
      }),
    );
  });

  it('is linear in its input', () => {
    fc.assert(
      fc.property(convolution, ({ options, inputShape, weight, draw }) => {
        const [a, b] = [draw(inputShape), draw(inputShape)];
        const sum = conv2d(a.add(b.mul(3)), weight, null, options);
        const parts = conv2d(a, weight, null, options).add(conv2d(b, weight, null, options).mul(3));
        expectClose(sum, parts, { absolute: 1e-4 });
      }),
    );
  });
});

describe('convTranspose2d', () => {
  it('is the adjoint of conv2d: ⟨conv(x), y⟩ = ⟨x, convTranspose(y)⟩', () => {
    fc.assert(
      fc.property(convolution, ({ options, inputShape, weight, draw }) => {
        const x = draw(inputShape);
        const convolved = conv2d(x, weight, null, options);
        const y = draw(convolved.shape);
        // The output padding is whatever the stride rounded away.
        const bare = convTranspose2d(y, weight, null, options);
        const outputPadding: [number, number] = [
          inputShape[2] - bare.shape[2],
          inputShape[3] - bare.shape[3],
        ];
        fc.pre(
          outputPadding.every((side, i) => side < Math.max(options.stride[i], options.dilation[i])),
        );
        const back = convTranspose2d(y, weight, null, { ...options, outputPadding });
        expect(dot(convolved, y)).toBeCloseTo(dot(x, back), 3);
      }),
    );
  });
});

describe('reflectionPad2d', () => {
  it('walks to and fro between the edges', () => {
    const sides = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 6 })));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 7 }),
        sides,
        (height, width, [left, right, top, bottom]) => {
          fc.pre(Math.max(left, right) < width && Math.max(top, bottom) < height);
          const ramp = Float32Array.from({ length: height * width }, (_, i) => i);
          const input = new Tensor(ramp, [1, 1, height, width]);
          const out = reflectionPad2d(input, [left, right, top, bottom]);
          const outWidth = left + width + right;
          out.data.forEach((value, i) => {
            const y = bounce(Math.floor(i / outWidth) - top, height);
            const x = bounce((i % outWidth) - left, width);
            expect(value).toBe(y * width + x);
          });
        },
      ),
    );
  });
});

/** A ball between two walls: the position after `index` steps, without asking which wall it hit. */
function bounce(index: number, size: number): number {
  const period = 2 * (size - 1);
  if (period === 0) return 0;
  const phase = ((index % period) + period) % period;
  return Math.min(phase, period - phase);
}

/** Uniform in [−1, 1), from a seed. */
function numbers(seed: number): (shape: readonly number[]) => Tensor {
  let state = seed >>> 0;
  return (shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: size }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 31 - 1;
    });
    return new Tensor(data, shape);
  };
}

function dot(a: Tensor, b: Tensor): number {
  return a.data.reduce((sum, value, i) => sum + value * b.data[i], 0);
}

interface Options {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** The sum in PyTorch's documentation, written down as it stands there. */
function definition(input: Tensor, weight: Tensor, bias: Tensor, o: Options): Tensor {
  const [batch, , height, width] = input.shape;
  const [outChannels, perGroup, kernelHeight, kernelWidth] = weight.shape;
  const side = (size: number, kernel: number, axis: 0 | 1) =>
    Math.floor(
      (size + 2 * o.padding[axis] - o.dilation[axis] * (kernel - 1) - 1) / o.stride[axis],
    ) + 1;
  const outHeight = side(height, kernelHeight, 0);
  const outWidth = side(width, kernelWidth, 1);
  const out = Tensor.zeros([batch, outChannels, outHeight, outWidth]);
  const at = (n: number, c: number, y: number, x: number) =>
    y < 0 || x < 0 || y >= height || x >= width
      ? 0
      : input.data[((n * input.shape[1] + c) * height + y) * width + x];
  for (let i = 0; i < out.size; i++) {
    const x = i % outWidth;
    const y = Math.floor(i / outWidth) % outHeight;
    const oc = Math.floor(i / outWidth / outHeight) % outChannels;
    const n = Math.floor(i / outWidth / outHeight / outChannels);
    const firstChannel = Math.floor(oc / (outChannels / o.groups)) * perGroup;
    let sum = bias.data[oc];
    for (let ic = 0; ic < perGroup; ic++) {
      for (let ky = 0; ky < kernelHeight; ky++) {
        for (let kx = 0; kx < kernelWidth; kx++) {
          const iy = y * o.stride[0] - o.padding[0] + ky * o.dilation[0];
          const ix = x * o.stride[1] - o.padding[1] + kx * o.dilation[1];
          sum +=
            at(n, firstChannel + ic, iy, ix) *
            weight.data[((oc * perGroup + ic) * kernelHeight + ky) * kernelWidth + kx];
        }
      }
    }
    out.data[i] = sum;
  }
  return out;
}
