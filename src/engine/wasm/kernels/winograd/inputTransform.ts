import { type Code, i32, memory } from '../../../../emit/code.js';
import type { FunctionWriter, Local, ModuleWriter } from '../../../../emit/module.js';
import { type Pointers, RowLoader, type SourceShape } from '../rows/stage.js';
import type { Target } from '../target.js';
import { phasesOf, type TileAlgorithm } from './algorithms.js';
import { emitInputTile, type InputTileShape, inputTileBytes, tileSide } from './transforms.js';

export interface InputTransformShape extends Pick<InputTileShape, 'side' | 'elementStride'> {
  readonly algorithm: TileAlgorithm;
  readonly source: SourceShape;
  /** The first input row and column of the first tile. */
  readonly first: readonly [row: number, column: number];
  /** Input rows, and columns, from the first of one tile to the first of the next, of a phase. */
  readonly inStep: readonly [rows: number, columns: number];
  /** Tiles of a row. */
  readonly across: number;
  /** Bytes from one tile of V to the next. */
  readonly tileStride: number;
  /** Rows of the source that a row of tiles writes out, where the source is kept. */
  readonly rowsPerTile: number;
}

/**
 * Writes the code that makes V of rows of tiles `start … end − 1`. Scratch memory has the input rows of one row of tiles,
 * of which the last are the next one's first.
 */
export class InputTransform {
  readonly scratchBytes: number;
  readonly #module: ModuleWriter;
  readonly #target: Target;
  readonly #shape: InputTransformShape;
  readonly #loader: RowLoader;
  readonly #tile: InputTileShape;
  /** In scratch memory, where a tile is on its way, behind the input rows. */
  readonly #tileAt: number;

  constructor(module: ModuleWriter, target: Target, shape: InputTransformShape) {
    this.#module = module;
    this.#target = target;
    this.#shape = shape;
    this.#loader = new RowLoader(module, target, shape.source);
    const { algorithm, side, elementStride } = shape;
    const { channels } = shape.source.row;
    const { inputs } = phasesOf(algorithm);
    this.#tile = {
      algorithm,
      side,
      channels,
      rowStride: inputs * this.#loader.pitch,
      pixelStride: inputs * channels * 4,
      elementStride,
    };
    this.#tileAt = tileSide(this.#tile).rows * inputs * this.#loader.pitch;
    this.scratchBytes = this.#tileAt + inputTileBytes(this.#tile);
  }

  emit(
    f: FunctionWriter,
    p: Pointers,
    scratch: Local,
    tiles: Code,
    start: Local,
    end: Local,
  ): void {
    const { algorithm, source, first, across, tileStride, rowsPerTile } = this.#shape;
    const [rowStep, columnStep] = this.#shape.inStep;
    const phases = phasesOf(algorithm).inputs;
    const [inputs, inStep] = [phases * tileSide(this.#tile).rows, phases * rowStep];
    const { channels, zeros } = source.row;
    const { pitch } = this.#loader;
    const inputTile = emitInputTile(this.#module, this.#target, this.#tile);
    const between = i32.add(scratch.value, i32.const(this.#tileAt));
    const [ty, tx, at, to, row, count, rowsAt] = f.locals('i32', 7);
    const owned = (tileRow: Local) => i32.mul(tileRow.value, i32.const(rowsPerTile));
    const column = (first[1] + zeros[0]) * channels * 4;
    const firstRow = i32.add(i32.mul(start.value, i32.const(inStep)), i32.const(first[0]));
    f.emit(row.set(firstRow), count.set(i32.const(inputs)), rowsAt.set(scratch.value));
    f.emit(to.set(tiles));
    f.for(ty, start.value, end.value, 1, () => {
      f.if(i32.gt(ty.value, start.value), () => {
        const overlap = (inputs - inStep) * pitch;
        const last = i32.add(scratch.value, i32.const(inStep * pitch));
        if (overlap > 0) f.emit(memory.copy(scratch.value, last, i32.const(overlap)));
        f.emit(rowsAt.set(i32.add(scratch.value, i32.const(overlap))));
        f.emit(row.set(i32.add(row.value, count.value)), count.set(i32.const(inStep)));
      });
      const { value } = rowsAt;
      this.#loader.load(f, p, value, row.value, count.value, owned(start), owned(end));
      f.emit(at.set(i32.add(scratch.value, i32.const(column))));
      f.repeat(tx, across, 1, () => {
        for (let phase = 0; phase < phases ** 2; phase++) {
          const [down, right] = [Math.floor(phase / phases), phase % phases];
          const from = i32.add(at.value, i32.const(down * pitch + right * channels * 4));
          f.call(inputTile, from, i32.add(to.value, i32.const(phase * channels * 4)), between);
        }
        f.advance(to, tileStride);
        f.emit(at.set(i32.add(at.value, i32.const(phases * columnStep * channels * 4))));
      });
    });
  }
}
