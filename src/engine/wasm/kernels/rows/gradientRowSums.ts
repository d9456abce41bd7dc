import { f32x4, f64x2, upperHalf, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { multiplyAdd, storeSideBySide, type Target, vectorsAtATime } from '../target.js';
import { partialBytes } from './norm.js';
import { NORM_ROWS } from './operations.js';

/** Pixels that are summed up in float32 before their sums are added to doubles. */
const STRIP = 32;
/** Pixels at a time: sums are loaded and stored once for them. */
const BLOCK = 4;

export interface GradientSumsShape {
  readonly width: number;
  readonly channels: number;
}

/** Scratch memory for sums in float32. */
export function gradientSumsScratch(channels: number): number {
  return 2 * channels * 4;
}

/**
 * `(gradient, value, norm, partial, scratch)`: what a row adds to the two sums of a norm's gradient, `[2][channels]` doubles: of the
 * gradient of the norm's result, and of that times what the norm has read, less its mean. Sets `partial`.
 */
export function emitGradientRowSums(
  module: ModuleWriter,
  target: Target,
  shape: GradientSumsShape,
): FunctionHandle {
  const { width, channels } = shape;
  const key = `gradient sums ${JSON.stringify([target.fma, target.joins, shape])}`;
  const params = ['i32', 'i32', 'i32', 'i32', 'i32'] as const;
  const flush = emitFlush(module, channels);
  return module.define(key, params, (f, gradient, value, norm, partial, scratch) => {
    writeZeros(f, partial, partialBytes(channels));
    writeZeros(f, scratch, gradientSumsScratch(channels));
    const add = (pixels: number) => {
      const block = emitBlock(module, target, channels, pixels);
      f.call(block, gradient.value, value.value, norm.value, scratch.value);
      for (const pointer of [gradient, value]) f.advance(pointer, pixels * channels * 4);
    };
    const strip = (pixels: number) => {
      const whole = pixels - (pixels % BLOCK);
      f.repeat(f.local('i32'), whole, BLOCK, () => add(BLOCK));
      if (whole < pixels) add(pixels - whole);
      f.call(flush, partial.value, scratch.value);
    };
    const whole = width - (width % STRIP);
    f.repeat(f.local('i32'), whole, STRIP, () => strip(STRIP));
    if (whole < width) strip(width - whole);
  });
}

function writeZeros(f: FunctionWriter, from: Local, bytes: number): void {
  const at = f.local('i32');
  f.emit(at.set(from.value));
  f.repeat(f.local('i32'), bytes, 16, () => {
    f.emit(v128.store(at.value, v128.zero));
    f.advance(at, 16);
  });
}

/** `(gradient, value, norm, sums)`: adds some pixels to sums in float32. */
function emitBlock(
  module: ModuleWriter,
  target: Target,
  channels: number,
  pixels: number,
): FunctionHandle {
  const key = `gradient block ${JSON.stringify([target.fma, target.joins, channels, pixels])}`;
  return module.define(key, ['i32', 'i32', 'i32', 'i32'], (f, gradient, value, norm, sums) => {
    const second = channels * 4;
    const vectors = vectorsAtATime(target, channels);
    const [totals, products, means, loaded] = [0, 1, 2, 3].map(() => f.locals('v128', vectors));
    f.repeat(f.local('i32'), channels, 4 * vectors, () => {
      for (let v = 0; v < vectors; v++) {
        f.emit(
          totals[v].set(v128.load(sums.value, 16 * v)),
          products[v].set(v128.load(sums.value, second + 16 * v)),
          means[v].set(v128.load(norm.value, NORM_ROWS.meanHigh * channels * 4 + 16 * v)),
        );
      }
      for (let pixel = 0; pixel < pixels; pixel++) {
        for (let v = 0; v < vectors; v++) {
          const at = pixel * channels * 4 + 16 * v;
          const centred = f32x4.sub(v128.load(value.value, at), means[v].value);
          f.emit(
            loaded[v].set(v128.load(gradient.value, at)),
            totals[v].set(f32x4.add(totals[v].value, loaded[v].value)),
            products[v].set(multiplyAdd(target, loaded[v].value, centred, products[v].value)),
          );
        }
      }
      storeSideBySide(f, sums, totals, 0);
      storeSideBySide(f, sums, products, second);
      for (const pointer of [gradient, value, norm, sums]) f.advance(pointer, 16 * vectors);
    });
  });
}

/** `(partial, sums)`: adds sums in float32 to doubles, and sets them to zero. */
function emitFlush(module: ModuleWriter, channels: number): FunctionHandle {
  return module.define(`gradient flush ${channels}`, ['i32', 'i32'], (f, partial, sums) => {
    const value = f.local('v128');
    f.repeat(f.local('i32'), 2 * channels, 4, () => {
      f.emit(value.set(v128.load(sums.value)), v128.store(sums.value, v128.zero));
      for (const half of [0, 1]) {
        const part = half === 0 ? value.value : upperHalf(value.value);
        const sum = f64x2.add(v128.load(partial.value, 16 * half), f64x2.promoteLow(part));
        f.emit(v128.store(partial.value, sum, 16 * half));
      }
      f.advance(sums, 16);
      f.advance(partial, 32);
    });
  });
}
