import type { Program } from '../engine/engine.js';
import type { Picture } from '../image/picture.js';
import { resize } from '../image/resize/resize.js';
import { asRows, type BeginRows, type PictureRows, putRows, RowCollector } from '../image/rows.js';
import type { ForwardOptions } from '../nn/module.js';
import type { ElementPart } from '../tensor/elementSource.js';
import type { Shape } from '../tensor/shape.js';
import { measureInput, networkInput, wholeOf } from './networkInput.js';
import { checkOutputShape, type NetworkOutput, putOutputRows, refuseNaN } from './networkOutput.js';
import type { NormOption } from './norm/normMode.js';
import { measure, noteOnOutput, type OutputNote } from './outputNote.js';
import { isFixed, type PictureNetwork, takesAnySize } from './pictureNetwork.js';

export interface GenerateOptions extends ForwardOptions {
  /** Called when what the network made hints at a wrong picture. */
  readonly onNote?: (note: OutputNote) => void;
  /**
   * Whose mean and variance norms go by that have none of their own. `exact`: those of the whole picture, as the network was made.
   * Approximations, for pictures that are much larger than those of its training: `thumbnail`, those of the picture made smaller, to
   * a longer side of 1024 pixels (`thumbnail:N`: of N); `dense`, those of tiles of 512 pixels (`dense:N`), for each pixel interpolated between the
   * middles of those around it. Default: `exact`.
   */
  readonly norm?: NormOption;
}

/**
 * Through the network: floats in its range on the way in, and from its range back to bytes. What was padded is cut off again,
 * what was resized gets its size back; else the output is as large as the network makes it.
 * @throws CycleganError `ERR_NAN` where the network gives what is no number, of which bytes would be black; `ERR_NORM` for a `norm` that is none,
 * or an approximation of a network that has none to approximate.
 */
export async function generate(
  picture: Picture,
  network: PictureNetwork,
  options: GenerateOptions = {},
): Promise<Picture> {
  const collector = new RowCollector();
  await generateRows(picture, network, collector.begin, options);
  return collector.picture;
}

/**
 * As `generate`, row by row: neither what the network gets nor what it makes is anywhere but in the program that runs it, where
 * that lets its memory be read.
 * @param begin Gets the rows while the program waits for it.
 */
export async function generateRows(
  picture: Picture | PictureRows,
  network: PictureNetwork,
  begin: BeginRows,
  { onNote, norm = 'exact', ...options }: GenerateOptions = {},
): Promise<void> {
  const read = (part: ElementPart, shape: Shape) => {
    const made = measure(part, shape, network.outputRange);
    if (Number.isNaN(made.distance)) refuseNaN(part, shape);
    const note = noteOnOutput(() => measureInput(asRows(picture), network), made, network);
    if (note !== null) onNote?.(note);
    putPictureRows({ part, shape }, picture, network, begin);
  };
  const onProgram = (program: Program) => {
    // Before the work, which may take hours.
    checkOutputShape(program.outputShape);
    options.onProgram?.(program);
  };
  const checked = { ...options, onProgram };
  if (norm === 'exact') {
    await network.module.forwardReadingParts(networkInput(picture, network), read, checked);
    return;
  }
  const { forwardByNorm } = await import('./norm/forwardByNorm.js');
  await forwardByNorm(wholeOf(picture), network, norm, read, checked);
}

function putPictureRows(
  output: NetworkOutput,
  { width, height }: Picture | PictureRows,
  network: PictureNetwork,
  begin: BeginRows,
): void {
  const [rows, columns] = output.shape.slice(-2);
  const whole = { width: columns, height: rows };
  if (isFixed(network)) {
    const made = new RowCollector();
    putOutputRows(output, network, whole, made.begin);
    putRows(resize({ width, height })(made.picture), begin);
  } else {
    putOutputRows(output, network, takesAnySize(network) ? whole : { width, height }, begin);
  }
}
