import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantiate } from '../../src/emit/instance.js';
import { ModuleWriter } from '../../src/emit/module.js';
import {
  emitPixelsToPlanes,
  emitPlanesToPixels,
  type TransposeShape,
} from '../../src/engine/wasm/kernels/rows/transpose.js';

const GUARD = 0x7fc0_1234;
const [PLANES_AT, PIXELS_AT] = [1024, 32 * 1024];

/** Widths and channels with every remainder, with and without padding; planes that do not follow each other, too. */
const shapes = fc
  .record({
    planes: fc.integer({ min: 1, max: 21 }),
    width: fc.integer({ min: 1, max: 37 }),
    isPadded: fc.boolean(),
    between: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ planes, width, isPadded, between }) => ({
    planes,
    width,
    channels: isPadded ? 4 * Math.ceil(planes / 4) : planes,
    planeStride: 4 * (width + between),
  }));

/** Runs one of the two kernels over memory full of `GUARD`, but for what `fill` writes. */
function run(
  define: typeof emitPlanesToPixels,
  shape: TransposeShape,
  fill: (words: Int32Array) => void,
): Int32Array {
  const module = new ModuleWriter();
  const { exportName } = define(module, shape);
  const instance = instantiate(module, 1);
  if (instance === undefined) throw new Error('the code is not valid');
  const words = new Int32Array(instance.memory.buffer).fill(GUARD);
  fill(words);
  instance.functions[exportName](PLANES_AT, PIXELS_AT);
  return words;
}

/** Where and what, which takes less time than to compare all words as `toEqual` does. */
function firstDifference(found: Int32Array, expected: Int32Array) {
  const index = found.findIndex((word, i) => word !== expected[i]);
  return index < 0 ? null : { index, found: found[index], expected: expected[index] };
}

/** Bits that are no numbers, too: moving must not change them. */
const bitsOf = (plane: number, x: number) => 0x7f80_0000 + plane * 1000 + x;

describe('transposed blocks', () => {
  const places = ({ planes, width, channels, planeStride }: TransposeShape) =>
    Array.from({ length: planes * width }, (_, i) => {
      const [plane, x] = [Math.floor(i / width), i % width];
      const inPlanes = (PLANES_AT + plane * planeStride) / 4 + x;
      return { bits: bitsOf(plane, x), inPlanes, inPixels: PIXELS_AT / 4 + x * channels + plane };
    });

  it('go from planes to pixels, with zeros for padding, and write nothing else', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const all = places(shape);
        const found = run(emitPlanesToPixels, shape, (words) => {
          for (const { bits, inPlanes } of all) words[inPlanes] = bits;
        });
        const expected = new Int32Array(found.length).fill(GUARD);
        expected.fill(0, PIXELS_AT / 4, PIXELS_AT / 4 + shape.width * shape.channels);
        for (const { bits, inPlanes, inPixels } of all) {
          expected[inPlanes] = bits;
          expected[inPixels] = bits;
        }
        expect(firstDifference(found, expected)).toBeNull();
      }),
    );
  });

  it('go from pixels to planes, without the padding, and write nothing else', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const all = places(shape);
        const found = run(emitPixelsToPlanes, shape, (words) => {
          for (const { bits, inPixels } of all) words[inPixels] = bits;
        });
        const expected = new Int32Array(found.length).fill(GUARD);
        for (const { bits, inPlanes, inPixels } of all) {
          expected[inPlanes] = bits;
          expected[inPixels] = bits;
        }
        expect(firstDifference(found, expected)).toBeNull();
      }),
    );
  });
});
