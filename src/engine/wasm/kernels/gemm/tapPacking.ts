import { f32, i32 } from '../../../../emit/code.js';
import type { FunctionHandle, Local, ModuleWriter } from '../../../../emit/module.js';
import { loadArguments, PACKING_ARGS, STAGE } from '../stageArguments.js';

export interface TapPackingShape {
  /** Floats from one output channel to the next in PyTorch's tensor, and from one input channel. */
  readonly strides: { readonly out: number; readonly in: number };
  /** Which elements of a kernel are packed, in their order. */
  readonly taps: readonly number[];
  readonly inChannels: number;
  readonly panel: number;
  /** Bytes of a panel's tap. */
  readonly tapBytes: number;
}

/** Stage, one work item per panel: PyTorch's kernels to `[oc / panel][tap][ic][panel]`; there are whole panels alone. */
export function emitTapPacking(module: ModuleWriter, shape: TapPackingShape): FunctionHandle {
  const { strides, taps, inChannels, panel, tapBytes } = shape;
  return module.define(`tap packing ${JSON.stringify(shape)}`, STAGE, (f, item, args) => {
    const { weight, packed } = loadArguments(f, args, PACKING_ARGS);
    const [from, to, ic, lane] = f.locals('i32', 4);
    const skip = (pointer: Local, bytes: number) =>
      f.emit(pointer.set(i32.add(pointer.value, i32.mul(item.value, i32.const(bytes)))));
    skip(weight, panel * strides.out * 4);
    skip(packed, taps.length * tapBytes);
    f.repeat(ic, inChannels, 1, () => {
      f.emit(from.set(weight.value), to.set(packed.value));
      f.repeat(lane, panel, 1, () => {
        for (const [place, tap] of taps.entries()) {
          f.emit(f32.store(to.value, f32.load(from.value, tap * 4), place * tapBytes));
        }
        f.advance(from, strides.out * 4);
        f.advance(to, 4);
      });
      f.advance(weight, strides.in * 4);
      f.advance(packed, panel * 4);
    });
  });
}
