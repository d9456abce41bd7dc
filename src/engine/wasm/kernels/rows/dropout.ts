import { f32x4, i32, i32x4, shuffle, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import { argumentLoads, STAGE } from '../stageArguments.js';
import type { Target } from '../target.js';
import { emitReadyRow, ROW_ARGS, type RowStageShape } from './readyRow.js';
import { rowPixels } from './rows.js';

export interface DropoutShape extends RowStageShape {
  readonly p: number;
  readonly stream: number;
  readonly picture: number;
}

/** Multipliers and key increments of Philox 4x32, and its rounds. */
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
const INCREMENTS = [0x9e3779b9, 0xbb67ae85] as const;
const ROUNDS = 10;

/** Lanes of 32 bits of two vectors, by their numbers in both. */
const lanes = (numbers: readonly number[]) =>
  numbers.flatMap((n) => [0, 1, 2, 3].map((b) => 4 * n + b));

/**
 * Stage, one work item per row: elements are dropped, and others multiplied by 1 / (1 − p). Four channels of a pixel are one call
 * of Philox 4x32-10, whose counter is the pixel, the four channels, the picture and the stream (`tensor/training/dropout.ts`).
 */
export function emitDropout(
  module: ModuleWriter,
  target: Target,
  shape: DropoutShape,
): FunctionHandle {
  const { row, p, stream, picture } = shape;
  const { channels } = row;
  const width = rowPixels(row);
  const key = `dropout ${JSON.stringify([target.fma, target.joins, shape])}`;
  return module.define(key, STAGE, (f, item, args, scratch) => {
    const { src, dst } = emitReadyRow(f, module, target, shape, { item, args, scratch }, channels);
    const seed = f.local('i32');
    f.emit(seed.set(argumentLoads(args, ROW_ARGS).weights));
    const keys = writeKeys(f, seed);
    const [start, counter, words] = f.locals('v128', 3);
    const first = i32.mul(item.value, i32.const(width));
    const zero = v128.zero;
    f.emit(start.set(i32x4.replaceLane(zero, first, 0)));
    f.emit(start.set(i32x4.replaceLane(start.value, i32.const(picture), 2)));
    f.emit(start.set(i32x4.replaceLane(start.value, i32.const(stream), 3)));
    const scale = f.constant(f32x4.splat(p < 1 ? 1 / (1 - p) : 0));
    const threshold = f.constant(i32x4.const(Math.min(Math.ceil(p * 2 ** 32), 2 ** 32 - 1) | 0));
    f.repeat(f.local('i32'), width, 1, () => {
      f.emit(counter.set(start.value));
      f.repeat(f.local('i32'), channels, 4, () => {
        f.emit(words.set(counter.value));
        writePhilox(f, words, keys);
        const isDropped = i32x4.gtUnsigned(threshold, words.value);
        const factor = v128.andNot(scale, isDropped);
        f.emit(v128.store(dst.value, f32x4.mul(v128.load(src.value), factor)));
        f.emit(counter.set(i32x4.add(counter.value, f.constant(i32x4.lanes([0, 1, 0, 0])))));
        for (const pointer of [src, dst]) f.advance(pointer, 16);
      });
      f.emit(start.set(i32x4.add(start.value, f.constant(i32x4.lanes([1, 0, 0, 0])))));
    });
  });
}

/** The key of each round, in the first and third lane. */
function writeKeys(f: FunctionWriter, seed: Local): Local[] {
  const keys = f.locals('v128', ROUNDS);
  const words = i32x4.truncateUnsigned(v128.load64Zero(seed.value));
  f.emit(keys[0].set(shuffle(words, v128.zero, lanes([0, 4, 1, 4]))));
  const increment = f.constant(i32x4.lanes([INCREMENTS[0], 0, INCREMENTS[1], 0]));
  for (let round = 1; round < ROUNDS; round++) {
    f.emit(keys[round].set(i32x4.add(keys[round - 1].value, increment)));
  }
  return keys;
}

/** A counter of four words becomes four random ones. */
function writePhilox(f: FunctionWriter, words: Local, keys: readonly Local[]): void {
  const multipliers = f.constant(i32x4.lanes([...MULTIPLIERS, 0, 0]));
  const products = f.local('v128');
  for (const key of keys) {
    const factors = shuffle(words.value, words.value, lanes([0, 2, 0, 2]));
    // Lower and upper words of both products, of which the new counter is the reverse, but for the other two words and the key.
    f.emit(products.set(i32x4.multiplyWide(factors, multipliers)));
    const reversed = shuffle(products.value, products.value, lanes([3, 2, 1, 0]));
    const others = shuffle(words.value, v128.zero, lanes([1, 4, 3, 4]));
    f.emit(words.set(v128.xor(reversed, v128.xor(others, key.value))));
  }
}
