import type { OpenedGenerator } from '../../generator/openGenerator.js';
import type { Picture } from '../../image/picture.js';
import { orderedMap } from '../../platform/orderedMap.js';
import { type GenerateOptions, generate } from '../../translate/generate.js';
import { throughNetwork } from '../../translate/networkErrors.js';
import type { OutputNote } from '../../translate/outputNote.js';
import { networkSize } from '../../translate/pictureNetwork.js';
import type { PictureThreads } from '../pictures/pictureThreads.js';
import type { Opened } from '../pictures/pictureWork.js';
import type { FramesRequest } from '../requests/frames.js';
import { type Frame, frameName } from './frameInput.js';
import type { EncodedFrame } from './frameWork.js';

/** A frame on its way to the network. */
interface OpenedFrame extends Pick<Frame, 'number' | 'extension'> {
  readonly opened: Opened;
}

interface MadeFrame extends OpenedFrame {
  readonly output: Picture;
  readonly outputNotes: readonly OutputNote[];
  /** Of the network. */
  readonly milliseconds: number;
}

/** A frame that can be written. */
export interface FinishedFrame extends Omit<MadeFrame, 'output'> {
  readonly encoded: EncodedFrame;
}

export interface FrameOptions {
  readonly frames: FramesRequest;
  readonly forward: GenerateOptions;
  /** So many are decoded at once, and as many encoded. */
  readonly atOnce: number;
}

/**
 * Translates frames in their order: while the network works on one, the next is decoded and the one before encoded. Each
 * comes as soon as it is there, and waits for no later one.
 *
 * @throws CycleganError for the first frame that cannot be translated, with its number, once those before it have come.
 */
export function translateFrames(
  incoming: AsyncIterable<Frame>,
  generator: OpenedGenerator,
  threads: PictureThreads,
  { frames, forward, atOnce }: FrameOptions,
): AsyncGenerator<FinishedFrame> {
  const opened = orderedMap(incoming, atOnce + 1, async (frame): Promise<OpenedFrame> => {
    const { number, extension } = frame;
    return { number, extension, opened: await threads.openFrame(frame, frames.raw) };
  });
  const made = throughGenerator(opened, generator, forward);
  return orderedMap(made, atOnce, async ({ output, ...frame }): Promise<FinishedFrame> => {
    const extension = frames.extension ?? frame.extension;
    const { prepared } = frame.opened;
    return { ...frame, encoded: await threads.encodeFrame(output, prepared, extension) };
  });
}

async function* throughGenerator(
  frames: AsyncIterable<OpenedFrame>,
  generator: OpenedGenerator,
  forward: GenerateOptions,
): AsyncGenerator<MadeFrame> {
  let shape = '';
  for await (const frame of frames) {
    const { sized } = frame.opened.prepared;
    // Programs hold a hundred megabytes each, and frames of the size before may not come again.
    const { width, height } = networkSize(sized, generator);
    const next = `${width} x ${height}`;
    if (shape !== '' && shape !== next) generator.module.dispose();
    shape = next;
    const begin = performance.now();
    const outputNotes: OutputNote[] = [];
    const onNote = (note: OutputNote) => outputNotes.push(note);
    const output = await throughNetwork(frameName(frame.number), sized, generator, () =>
      generate(sized, generator, { ...forward, onNote }),
    );
    yield { ...frame, output, outputNotes, milliseconds: performance.now() - begin };
  }
}
