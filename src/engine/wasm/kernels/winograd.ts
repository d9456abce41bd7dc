import { type Code, f32, f32x4, i32, v128 } from '../emit/code.js';
import type { FunctionHandle, FunctionWriter, Local, ModuleWriter } from '../emit/module.js';
import { Algebra, FILTERINGS, type FilteringName, type Line } from './filtering.js';
import type { Target } from './target.js';

/** Planes ξ of a tile's transformed tensors: one for each product. */
export function planesOf(filtering: FilteringName): number {
  return FILTERINGS[filtering].products ** 2;
}

function grid(f: FunctionWriter, rows: number, columns: number): Local[][] {
  return Array.from({ length: rows }, () => f.locals('v128', columns));
}

const column = (lines: readonly Line[], j: number): Line => lines.map((line) => line[j]);

export interface InputTileShape {
  readonly filtering: FilteringName;
  readonly channels: number;
  /** Bytes from one row of `src` to the next. */
  readonly rowStride: number;
  /** Bytes from one plane of `dst` to the next. */
  readonly planeStride: number;
}

/** `(src, dst)`: a tile's input pixels, of `[…][channels]`, to `dst[ξ][channels]`. */
export function defineInputTile(
  module: ModuleWriter,
  target: Target,
  shape: InputTileShape,
): FunctionHandle {
  const key = `winograd input ${JSON.stringify([target.fma, shape])}`;
  return module.define(key, ['i32', 'i32'], (f, src, dst) => {
    const { filtering, channels, rowStride, planeStride } = shape;
    const { inputs, products, transformInput } = FILTERINGS[filtering];
    const a = new Algebra(f, target);
    const loaded = f.locals('v128', inputs);
    const lines = grid(f, products, inputs);
    const t = f.locals('v128', 4);
    const out = f.locals('v128', products);
    const c = f.local('i32');
    f.repeat(c, channels, 4, () => {
      for (let j = 0; j < inputs; j++) {
        for (let i = 0; i < inputs; i++) {
          f.emit(loaded[i].set(v128.load(src.value, i * rowStride + j * channels * 4)));
        }
        transformInput(a, loaded, column(lines, j), t);
      }
      for (let i = 0; i < products; i++) {
        transformInput(a, lines[i], out, t);
        for (let j = 0; j < products; j++) {
          f.emit(v128.store(dst.value, out[j].value, (i * products + j) * planeStride));
        }
      }
      f.emit(src.set(i32.add(src.value, i32.const(16))));
      f.emit(dst.set(i32.add(dst.value, i32.const(16))));
    });
  });
}

export interface OutputTileShape {
  readonly filtering: FilteringName;
  readonly channels: number;
  readonly planeStride: number;
  readonly rowStride: number;
}

/** `(src, dst, bias, rows, columns)`: `src[ξ][channels]` to a tile's output pixels, of which those inside are stored. */
export function defineOutputTile(
  module: ModuleWriter,
  target: Target,
  shape: OutputTileShape,
): FunctionHandle {
  const key = `winograd output ${JSON.stringify([target.fma, shape])}`;
  const params = ['i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return module.define(key, params, (f, src, dst, bias, rows, columns) => {
    const { filtering, channels, planeStride, rowStride } = shape;
    const { products, outputs, transformOutput } = FILTERINGS[filtering];
    const a = new Algebra(f, target);
    const loaded = f.locals('v128', products);
    const lines = grid(f, outputs, products);
    const t = f.locals('v128', 4);
    const out = f.locals('v128', outputs);
    const c = f.local('i32');
    f.repeat(c, channels, 4, () => {
      for (let j = 0; j < products; j++) {
        for (let i = 0; i < products; i++) {
          f.emit(loaded[i].set(v128.load(src.value, (i * products + j) * planeStride)));
        }
        transformOutput(a, loaded, column(lines, j), t);
      }
      for (let i = 0; i < outputs; i++) {
        f.if(i32.gt(rows.value, i32.const(i)), () => {
          transformOutput(a, lines[i], out, t);
          for (let j = 0; j < outputs; j++) {
            f.if(i32.gt(columns.value, i32.const(j)), () => {
              const sum = f32x4.add(out[j].value, v128.load(bias.value));
              f.emit(v128.store(dst.value, sum, i * rowStride + j * channels * 4));
            });
          }
        });
      }
      for (const pointer of [src, dst, bias]) {
        f.emit(pointer.set(i32.add(pointer.value, i32.const(16))));
      }
    });
  });
}

export interface WinogradWeightsShape {
  readonly filtering: FilteringName;
  /** Floats from one output channel to the next in PyTorch's tensor, and from one input channel. */
  readonly strides: { readonly out: number; readonly in: number };
  /** Real input channels, and those after padding; output channels, a multiple of 4 after padding. */
  readonly inChannels: number;
  readonly paddedIn: number;
  readonly outChannels: number;
  readonly paddedOut: number;
  /** Output channels a panel. */
  readonly panel: number;
  readonly planeStride: number;
}

export const WINOGRAD_WEIGHTS_ARGS = ['weight', 'transformed'] as const;

/**
 * Stage, an item for 4 output channels: PyTorch's kernels of 3×3 to `[ξ][oc / panel][ic][panel]`.
 * Channels that exist only as padding are zero in memory already.
 */
export function defineWinogradWeights(
  module: ModuleWriter,
  target: Target,
  shape: WinogradWeightsShape,
): FunctionHandle {
  const key = `winograd weights ${JSON.stringify([target.fma, shape])}`;
  return module.define(key, ['i32', 'i32', 'i32'], (f, item, args) => {
    const { filtering, strides, inChannels, paddedIn, outChannels, paddedOut, panel } = shape;
    const { products, transformKernel } = FILTERINGS[filtering];
    const a = new Algebra(f, target);
    const [src, dst, ic, index] = f.locals('i32', 4);
    const kernel = grid(f, 3, 3);
    const lines = grid(f, products, 3);
    const t = f.locals('v128', 4);
    const out = f.locals('v128', products);
    const perOut = strides.out * 4;
    const fullFloats = Math.floor(paddedOut / panel) * panel;
    f.emit(
      src.set(i32.add(i32.load(args.value, 0), i32.mul(item.value, i32.const(4 * perOut)))),
      dst.set(i32.load(args.value, 4)),
      index.set(i32.mul(item.value, i32.const(4))),
    );
    // Where these four channels stand: whole panels first, then one as narrow as what is left.
    const place = (width: number, start: number) => {
      const within = i32.sub(index.value, i32.const(start));
      const panels = i32.div(within, i32.const(width));
      const lane = i32.rem(within, i32.const(width));
      const floats = i32.add(
        i32.mul(panels, i32.const(width * paddedIn)),
        i32.add(lane, i32.const(start * paddedIn)),
      );
      f.emit(dst.set(i32.add(dst.value, i32.mul(floats, i32.const(4)))));
    };
    const write = (step: number, lanes: number) => {
      f.repeat(ic, inChannels, 1, () => {
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < 3; j++) {
            const at = (lane: number) => f32.load(src.value, lane * perOut + (i * 3 + j) * 4);
            f.emit(kernel[i][j].set(gather(at, lanes)));
          }
        }
        for (let j = 0; j < 3; j++) transformKernel(a, column(kernel, j), column(lines, j), t);
        for (let i = 0; i < products; i++) {
          transformKernel(a, lines[i], out, t);
          for (let j = 0; j < products; j++) {
            f.emit(v128.store(dst.value, out[j].value, (i * products + j) * shape.planeStride));
          }
        }
        f.emit(src.set(i32.add(src.value, i32.const(strides.in * 4))));
        f.emit(dst.set(i32.add(dst.value, i32.const(step * 4))));
      });
    };
    const rest = paddedOut - fullFloats;
    const lastLanes = outChannels - (paddedOut - 4);
    const writeLanes = (step: number) => {
      if (lastLanes === 4) write(step, 4);
      else {
        const isLast = i32.eq(index.value, i32.const(paddedOut - 4));
        f.if(
          isLast,
          () => write(step, lastLanes),
          () => write(step, 4),
        );
      }
    };
    f.if(
      i32.lt(index.value, i32.const(fullFloats)),
      () => {
        place(panel, 0);
        writeLanes(panel);
      },
      () => {
        if (rest === 0) return;
        place(rest, fullFloats);
        writeLanes(rest);
      },
    );
  });
}

/** Four floats from four places; lanes that do not exist are zero. */
function gather(at: (lane: number) => Code, lanes: number): Code {
  let vector: Code = v128.zero;
  for (let lane = 0; lane < lanes; lane++) vector = f32x4.replaceLane(vector, at(lane), lane);
  return vector;
}
