import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.js';
import { add } from '../../src/tensor/add.js';
import { mul } from '../../src/tensor/mul.js';
import { Tensor } from '../../src/tensor/tensor.js';

const ramp = (shape: readonly number[], from: number) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return new Tensor(
    Float32Array.from({ length: size }, (_, i) => from + i),
    shape,
  );
};

/** A shape, and two of which it is made: some of their sides are 1, and of the second, some at the front are left out. */
const shapes = fc
  .record({
    axes: fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom('both', 'a', 'b')), {
      maxLength: 5,
    }),
    dropped: fc.nat({ max: 5 }),
  })
  .map(({ axes, dropped }) => {
    const b = axes.map(([side, whose]) => (whose === 'a' ? 1 : side));
    const ones = b.findIndex((side) => side !== 1);
    return {
      out: axes.map(([side]) => side),
      a: axes.map(([side, whose]) => (whose === 'b' ? 1 : side)),
      b: b.slice(Math.min(dropped, ones < 0 ? b.length : ones)),
    };
  });

describe('element-wise operators', () => {
  it('repeat sides of 1', () => {
    fc.assert(
      fc.property(shapes, ({ out, a, b }) => {
        const [x, y] = [ramp(a, 2), ramp(b, 5)];
        const product = mul(x, y);
        expect(product.shape).toEqual(out);
        product.data.forEach((value, i) => {
          const at = (t: Tensor) => {
            let [rest, index, stride] = [i, 0, 1];
            for (let back = 1; back <= out.length; back++) {
              const side = t.shape[t.shape.length - back] ?? 1;
              index += side === 1 ? 0 : (rest % out[out.length - back]) * stride;
              rest = Math.floor(rest / out[out.length - back]);
              stride *= side;
            }
            return t.data[index];
          };
          expect(value).toBe(at(x) * at(y));
        });
        expect(add(y, x).data).toEqual(x.add(y).data);
      }),
    );
  });

  it('refuse other sides that differ', () => {
    expect(() => add(ramp([2, 3], 0), ramp([2, 4], 0))).toThrow(ShapeError);
    expect(() => mul(ramp([2, 3], 0), ramp([2], 0))).toThrow(/mul: shapes \[2, 3\] and \[2\]/);
  });
});
