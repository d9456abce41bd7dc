import { AbortError } from '../../errors.js';
import { ImageError } from '../../image/picture.js';
import { warmUp } from '../../nn/compile.js';
import { settleEngine } from '../../nn/settleEngine.js';
import { availableCores } from '../../platform/cores.js';
import { readFrames } from '../frames/frameInput.js';
import { translateFrames } from '../frames/frameStream.js';
import { FrameTally } from '../frames/frameTally.js';
import { beginOpening } from '../generator.js';
import { InterruptedError, Interruption } from '../interruption.js';
import { PictureThreads } from '../pictures/pictureThreads.js';
import { programNotes } from '../programNotes.js';
import type { FramesRequest } from '../requests/frames.js';
import type { TranslateRequest } from '../requests/translate.js';
import { INPUT_NAME, standardInput } from '../standardInput.js';
import { refuseTerminalOutput, writeData } from '../standardOutput.js';
import type { Terminal } from '../terminal.js';

/** More decode and encode no faster than a network takes frames. */
const MAX_THREADS = 2;

/**
 * A stream of frames, from standard input to standard output. A frame that cannot be translated ends it: those behind it
 * would move up.
 */
export async function runFrames(
  frames: FramesRequest,
  { weights, engine, pictures, debug }: TranslateRequest,
  terminal: Terminal,
): Promise<void> {
  refuseTerminalOutput('frames');
  await warmUp(engine);
  const reading = await beginOpening(weights, terminal);
  const generator = await reading();
  await settleEngine(engine);
  const tally = new FrameTally(generator, pictures, terminal);
  const interruption = new Interruption();
  const { signal } = interruption;
  const atOnce = Math.min(MAX_THREADS, availableCores());
  const threads = new PictureThreads(atOnce, pictures);
  const incoming = readFrames(standardInput('frames', terminal, signal), frames.raw);
  const { norm } = pictures;
  const forward = { ...engine, norm, signal, ...programNotes({ debug, engine }, terminal) };
  const finished = translateFrames(incoming, generator, threads, { frames, forward, atOnce });
  try {
    for await (const frame of finished) {
      tally.tell(frame);
      await writeData(frame.encoded.bytes);
      tally.add(frame);
    }
  } catch (error) {
    if (error instanceof AbortError) {
      throw new InterruptedError(interruption.name, `Interrupted: ${tally.written} written.`);
    }
    throw error;
  } finally {
    threads.end();
    interruption.end();
    process.stdin.destroy();
  }
  if (tally.count === 0) throw new ImageError('ERR_FRAME', `${INPUT_NAME}: there was no frame.`);
  tally.finish();
}
