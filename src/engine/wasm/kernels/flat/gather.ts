import { f32, i32 } from '../../../../emit/code.js';
import type { FunctionHandle, ModuleWriter } from '../../../../emit/module.js';
import { loadArguments, STAGE } from '../stageArguments.js';

/** Elements per work item. */
export const GATHER_ITEM = 16_384;

export const GATHER_ARGS = ['source', 'places', 'to', 'size'] as const;

/** Stage, `GATHER_ITEM` elements per work item: each is the one that so many bytes behind `source` lies, as `places` says. */
export function emitGatherElements(module: ModuleWriter): FunctionHandle {
  return module.define('gather elements', STAGE, (f, item, args) => {
    const { source, places, to, size } = loadArguments(f, args, GATHER_ARGS);
    const [at, end] = f.locals('i32', 2);
    const offset = i32.mul(item.value, i32.const(GATHER_ITEM * 4));
    f.emit(at.set(i32.mul(item.value, i32.const(GATHER_ITEM))));
    f.emit(end.set(i32.min(i32.add(at.value, i32.const(GATHER_ITEM)), size.value)));
    for (const pointer of [places, to]) f.emit(pointer.set(i32.add(pointer.value, offset)));
    f.for(at, at.value, end.value, 1, () => {
      const from = i32.add(source.value, i32.load(places.value));
      f.emit(f32.store(to.value, f32.load(from)));
      f.advance(places, 4);
      f.advance(to, 4);
    });
  });
}
