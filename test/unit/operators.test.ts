import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.js';
import { adaptiveAvgPool2d } from '../../src/tensor/adaptiveAvgPool2d.js';
import { avgPool2d } from '../../src/tensor/avgPool2d.js';
import { cat } from '../../src/tensor/cat.js';
import { clamp } from '../../src/tensor/clamp.js';
import { conv2d } from '../../src/tensor/conv2d.js';
import { convTranspose2d } from '../../src/tensor/convTranspose2d.js';
import { groupNorm } from '../../src/tensor/groupNorm.js';
import { instanceNorm2d } from '../../src/tensor/instanceNorm2d.js';
import { linear } from '../../src/tensor/linear.js';
import { maxPool2d } from '../../src/tensor/maxPool2d.js';
import { narrow } from '../../src/tensor/narrow.js';
import { pad } from '../../src/tensor/pad.js';
import { pixelShuffle } from '../../src/tensor/pixelShuffle.js';
import { prelu } from '../../src/tensor/prelu.js';
import { reflectionPad2d } from '../../src/tensor/reflectionPad2d.js';
import { relu } from '../../src/tensor/relu.js';
import { flatten, reshape } from '../../src/tensor/reshape.js';
import { softmax } from '../../src/tensor/softmax.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { upsample } from '../../src/tensor/upsample.js';
import { golden, goldenNumbers } from '../support/golden.js';
import { operatorSuite } from '../support/operatorSuite.js';

describe('operators against PyTorch', () => {
  operatorSuite(golden.operators, () => goldenNumbers);
});

describe('what has no number', () => {
  const one = new Tensor(Float32Array.of(1), [1, 1, 1, 1]);

  it('reaches a convolution through a zero weight', () => {
    const input = new Tensor(Float32Array.of(Infinity, 1), [1, 1, 1, 2]);
    const zero = new Tensor(Float32Array.of(0), [1, 1, 1, 1]);
    expect([...conv2d(input, zero).data]).toEqual([Number.NaN, 0]);
  });

  it('passes a ReLU', () => {
    const input = new Tensor(Float32Array.of(Number.NaN, -Infinity, Infinity), [3]);
    expect([...relu(input).data]).toEqual([Number.NaN, 0, Infinity]);
  });

  it('spreads over its own channel only in InstanceNorm2d', () => {
    const input = new Tensor(Float32Array.of(Number.NaN, 1, -1, 1), [1, 2, 1, 2]);
    const [a, b, c, d] = instanceNorm2d(input).data;
    expect([a, b]).toEqual([Number.NaN, Number.NaN]);
    expect(c).toBeCloseTo(-1, 4);
    expect(d).toBeCloseTo(1, 4);
  });

  it('is no output at all for a batch of none', () => {
    const none = Tensor.zeros([0, 1, 3, 3]);
    expect(conv2d(none, one).shape).toEqual([0, 1, 3, 3]);
    expect(instanceNorm2d(none).shape).toEqual([0, 1, 3, 3]);
    expect(reflectionPad2d(none, 1).shape).toEqual([0, 1, 5, 5]);
  });
});

describe('a tensor that knows where its elements come from', () => {
  it('asks for them when they are wanted, and keeps them when it was asked for all', () => {
    let asked = 0;
    const t = new Tensor(
      (to) => {
        asked++;
        to.set([1, 2, 3, 4]);
      },
      [2, 2],
    );
    const out = new Float32Array(4);
    expect([t.size, asked]).toEqual([4, 0]);
    t.copyInto(out);
    t.copyInto(out);
    expect([...out, asked]).toEqual([1, 2, 3, 4, 2]);
    expect(t).toEqual(new Tensor(Float32Array.of(1, 2, 3, 4), [2, 2]));
    expect(t).not.toEqual(new Tensor(Float32Array.of(1, 2, 3, 5), [2, 2]));
    t.copyInto(out);
    const first = t.data;
    expect(t.data).toBe(first);
    expect(asked).toBe(3);
    expect(() => t.copyInto(new Float32Array(5))).toThrow(/has 4 elements.*has 5/);
  });

  it.each<[string, () => Tensor]>([
    ['an array that a caller has', () => new Tensor(Float32Array.of(1, 2, 3, 4, 5), [5])],
    ['an array of its own', () => Tensor.owning(Float32Array.of(1, 2, 3, 4, 5), [5])],
    ['what comes as a whole', () => new Tensor((to) => to.set([1, 2, 3, 4, 5]), [5])],
  ])('is read in parts: %s', (_, make) => {
    const t = make();
    const wasDeferred = t.isDeferred;
    for (const parts of [[5], [2, 3], [1, 1, 1, 1, 1]]) {
      const read = t.reader();
      const out = parts.flatMap((length) => {
        const part = new Float32Array(length);
        read(part);
        return [...part];
      });
      expect(out).toEqual([1, 2, 3, 4, 5]);
    }
    expect(t.isDeferred).toBe(wasDeferred);
  });
});

describe('wrong input', () => {
  const input = Tensor.zeros([1, 3, 5, 6]);
  const weight = Tensor.zeros([4, 2, 3, 3]);

  it.each([
    ['channels', () => conv2d(input, weight), /to have 2 channels, but got 3/],
    ['a large kernel', () => conv2d(input, Tensor.zeros([1, 3, 7, 3])), /\(5 x 6\).*\(7 x 3\)/],
    ['groups', () => conv2d(input, weight, null, { groups: 3 }), /4 channels, which 3 groups/],
    ['a short bias', () => conv2d(input, weight, Tensor.zeros([3])), /\[4\], but got \[3\]/],
    ['a stride of 0', () => conv2d(input, weight, null, { stride: 0 }), /at least 1/],
    ['a padding of ½', () => conv2d(input, weight, null, { padding: 0.5 }), /whole number/],
    [
      'output padding',
      () => convTranspose2d(input, weight, null, { stride: 2, outputPadding: 2 }),
      /\(2, 2\), stride \(2, 2\)/,
    ],
    ['a wide reflection', () => reflectionPad2d(input, [0, 0, 5, 0]), /\(5, 0\) at dimension 2/],
    ['uneven groups', () => groupNorm(input, 2), /2 groups.*3 channels of \[1, 3, 5, 6\]/],
    ['groups of one element', () => groupNorm(Tensor.zeros([1, 3, 1, 1]), 3), /1, 1\] in 3 groups/],
    ['a long scale', () => groupNorm(input, 3, { weight }), /weight.*3 elements not 72/],
    ['one dimension', () => groupNorm(Tensor.zeros([5]), 1), /2 dimensions.*\[5\]/],
    ['one element', () => instanceNorm2d(Tensor.zeros([1, 3, 1, 1])), /\[1, 3, 1, 1\]/],
    ['no bound', () => clamp(input, {}), /min, max or both/],
    ['a NaN bound', () => clamp(input, { min: Number.NaN }), /min: NaN/],
    ['sides that differ', () => cat([input, weight], 1), /\[1, 3, 5, 6\] and \[4, 2, 3, 3\]/],
    ['nothing to join', () => cat([]), /nothing/],
    ['a dimension too many', () => cat([input], 4), /no dimension 4/],
    ['a part beyond', () => narrow(input, 1, 2, 2), /2 from 2 on.*side 3, dimension 1/],
    ['a part before', () => narrow(input, -1, -1, 2), /from -1 on.*side 6/],
    ['no such dimension', () => softmax(input, -5), /softmax.*no dimension -5/],
    ['channels of no block', () => pixelShuffle(input, 2), /3 channels.*2 x 2.*multiple of 4/],
    ['a factor of ½', () => pixelShuffle(input, 0.5), /whole number/],
    ['no pixels to pool', () => adaptiveAvgPool2d(Tensor.zeros([1, 3, 0, 2]), 1), /no pixels/],
    ['no window', () => adaptiveAvgPool2d(input, [0, 1]), /at least 1/],
    [
      'features that do not fit',
      () => linear(input, Tensor.zeros([2, 5])),
      /\[2, 5\] takes \[N, 5\], but got \[1, 3, 5, 6\]/,
    ],
    [
      'a long bias',
      () => linear(input, Tensor.zeros([2, 6]), Tensor.zeros([3])),
      /\[2\], but got \[3\]/,
    ],
    ['elements left over', () => reshape(input, [1, 4, -1]), /90 elements.*\[1, 4, -1\]/],
    ['two open sides', () => reshape(input, [1, -1, -1]), /do not make/],
    ['dimensions in reverse', () => flatten(input, 2, 1), /2 comes behind 1/],
    ['slopes of no channels', () => prelu(input, Tensor.zeros([2])), /3 channels.*\[2\]/],
    ['more taken than there is', () => pad(input, [0, -7, 0, 0]), /\(0, -7\) at dimension 3/],
    ['zeros for what is not there', () => pad(input, [4, -7, 0, 0]), /\(4, -7\).*more than/],
    ['a wide mirror', () => pad(input, [0, 0, 5, 0], { mode: 'reflect' }), /\(5, 0\).*mirrored/],
    ['size and scale', () => upsample(input, { size: 3, scaleFactor: 2 }), /either size or/],
    ['a scale of 0', () => upsample(input, { scaleFactor: 0 }), /above zero/],
    ['no pixel', () => upsample(input, { scaleFactor: 0.1 }), /0 x 0/],
    ['corners of neighbours', () => upsample(input, { size: 3, alignCorners: true }), /bilinear/],
    ['a wide padding', () => maxPool2d(input, 3, { padding: 2 }), /half of the kernel/],
    ['a large window', () => avgPool2d(input, [6, 2]), /6 x 2 does not fit/],
    ['two dimensions', () => conv2d(Tensor.zeros([5, 5]), weight), /\[5, 5\]/],
  ])('is refused with its numbers: %s', (_, action, message) => {
    expect(action).toThrow(ShapeError);
    expect(action).toThrow(message);
  });
});
