import { f32, f32x4, i32, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';
import type { FlatOperation } from '../../../shared/fuse/steps.js';
import { activate, OPERATION_SCRATCH } from '../rows/operations.js';
import { loadArguments, STAGE } from '../stageArguments.js';
import { isOptimizerOperation, optimizerStep } from './optimizers.js';

/** Elements per work item: what they are made of stays in the L2 cache, and threads have enough to share. */
export const FLAT_ITEM = 16_384;

export interface FlatShape {
  readonly operation: FlatOperation;
  /** Of each operand, how many of its elements go with all; 0 where each goes with one. */
  readonly repeated: readonly number[];
}

/** Operands, the result, and the number of its elements. */
export const FLAT_ARGS = ['a', 'b', 'c', 'd', 'to', 'size'] as const;

const BINARY = {
  add: f32x4.add,
  sub: f32x4.sub,
  mul: f32x4.mul,
  div: f32x4.div,
  maximum: f32x4.max,
} as const;

/**
 * Stage, `FLAT_ITEM` elements per work item: each is made of those of the operands in the same place, one of which the result may
 * replace. Code does not depend on how many there are. What fills the last vector up is zero.
 */
export function emitFlat(module: ModuleWriter, shape: FlatShape): FunctionHandle {
  const { operation, repeated } = shape;
  return module.define(`flat ${JSON.stringify(shape)}`, STAGE, (f, item, args) => {
    const { to, size, ...all } = loadArguments(f, args, FLAT_ARGS);
    const operands = [all.a, all.b, all.c, all.d].slice(0, repeated.length);
    const values = repeated.map((count) => f.locals('v128', Math.max(1, count)));
    const [result, ...scratch] = f.locals('v128', 1 + OPERATION_SCRATCH);
    const [at, end] = f.locals('i32', 2);
    const offset = i32.mul(item.value, i32.const(FLAT_ITEM * 4));
    f.emit(at.set(i32.mul(item.value, i32.const(FLAT_ITEM))));
    f.emit(end.set(i32.add(at.value, i32.const(FLAT_ITEM))));
    f.emit(end.set(i32.min(end.value, size.value)));
    const moving = [...operands.filter((_, i) => repeated[i] === 0), to];
    for (const pointer of moving) f.emit(pointer.set(i32.add(pointer.value, offset)));
    for (const [i, pointer] of operands.entries()) {
      for (let n = 0; n < repeated[i]; n++) {
        f.emit(values[i][n].set(v128.load32Splat(pointer.value, 4 * n)));
      }
    }
    f.for(at, at.value, end.value, 4, () => {
      for (const [i, pointer] of operands.entries()) {
        if (repeated[i] === 0) f.emit(values[i][0].set(v128.load(pointer.value)));
      }
      writeOperation(f, operation, values.flat(), { result, scratch });
      f.emit(v128.store(to.value, result.value));
      for (const pointer of moving) f.advance(pointer, 16);
    });
    // `at` is behind the last vector now, and so is `to`.
    for (let lane = 1; lane < 4; lane++) {
      const isBeyond = i32.gt(i32.sub(at.value, i32.const(lane - 1)), size.value);
      f.if(isBeyond, () => f.emit(f32.store(i32.sub(to.value, i32.const(4 * lane)), f32.const(0))));
    }
  });
}

/** Writes the code that makes a vector of others. */
function writeOperation(
  f: FunctionWriter,
  operation: FlatOperation,
  values: readonly Local[],
  { result, scratch }: { readonly result: Local; readonly scratch: readonly Local[] },
): void {
  const [a, b] = values.map(({ value }) => value);
  if (operation === 'copy') f.emit(result.set(a));
  else if (isOptimizerOperation(operation)) {
    f.emit(result.set(optimizerStep(f, operation, values)));
  } else if (isBinary(operation)) {
    f.emit(result.set(BINARY[operation](a, b)));
  } else {
    f.emit(result.set(a));
    activate(f, operation, result, scratch);
  }
}

function isBinary(operation: FlatOperation): operation is keyof typeof BINARY {
  return typeof operation === 'string' && Object.hasOwn(BINARY, operation);
}
