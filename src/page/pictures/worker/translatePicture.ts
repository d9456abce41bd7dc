import type { EngineOptions, NodeProgress, Program } from '../../../engine/engine.js';
import { hasGpu } from '../../../engine/engines.js';
import { CycleganError } from '../../../errors.js';
import type { OpenedGenerator } from '../../../generator/openGenerator.js';
import { encodeImage, imageSize, loadDecoder } from '../../../image/formats.js';
import { ImageError, type Picture } from '../../../image/picture.js';
import { generate } from '../../../translate/generate.js';
import { throughNetwork } from '../../../translate/networkErrors.js';
import { finish, type Prepared, preparedSize } from '../../../translate/pipeline.js';
import { prepareBytes } from '../../../translate/prepareBytes.js';
import { currentGenerator } from '../../model/worker/openModel.js';
import { decodingOf, engineOf, pipelineOf, type Settings } from '../../settings/settings.js';
import type { CallContext, Handler } from '../../worker/protocol.js';
import type { PictureProgress, Translated } from '../shared.js';
import { memorySaving, type Saving } from './memoryNeed.js';
import { pngOf } from './previews.js';
import { orWithoutGpu } from './withoutGpu.js';
import { WorkMeter } from './workMeter.js';

/** Messages for progress come no more often. */
const REPORT_EVERY_MS = 40;

export interface OpenedPicture {
  readonly prepared: Prepared;
  readonly size: readonly [width: number, height: number];
  readonly notes: readonly string[];
}

/**
 * File to network, as the command has it.
 * @param check Gets the size in which the picture will come to the network, before it is decoded.
 * @throws ImageError, naming the picture.
 */
export async function openPicture(
  file: Blob,
  name: string,
  settings: Settings,
  check: (size: { width: number; height: number }) => Promise<void> = async () => undefined,
): Promise<OpenedPicture> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const size = imageSize(bytes, decodingOf(settings));
  if (size !== null) await check(preparedSize(size, pipelineOf(settings)));
  await loadDecoder(bytes);
  try {
    const notes: string[] = [];
    const onNote = ({ message }: { readonly message: string }) => notes.push(`${message}.`);
    const options = { ...decodingOf(settings), onNote };
    return { ...prepareBytes(bytes, options, pipelineOf(settings)), notes };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new ImageError(error.code, `${name}: ${error.message}`, { cause: error });
  }
}

/** Picture file to picture file, with the bytes that the command gives. */
export const translatePicture: Handler<'translate'> = async (
  { file, name, settings },
  { signal, report },
): Promise<Translated> => {
  const generator = currentGenerator();
  const engine = engineOf(settings, await hasGpu());
  // What a GPU of the page's own choice has no room for, the processor does.
  const withoutGpu = engineOf(settings, false);
  let saving: Saving = {};
  const { prepared, size, notes } = await openPicture(file, name, settings, async (coming) => {
    saving = await memorySaving(name, coming, generator, withoutGpu);
  });
  const before = await pngOf(prepared.sized);
  report({ kind: 'opened', before, size });
  const run = new Run(generator, prepared.sized, { signal, report });
  const output = await throughNetwork(name, prepared.sized, generator, () =>
    orWithoutGpu(
      settings,
      engine,
      (options) => run.generate({ ...options, ...saving }),
      (note) => run.notes.push(note),
    ),
  )
    .catch(async (error) => {
      // There is no room for the file: what fits without one is said.
      if (error instanceof CycleganError && error.code === 'ERR_SCRATCH')
        await memorySaving(name, prepared.sized, generator, withoutGpu, false);
      throw error;
    })
    .finally(() => {
      // The file goes with the program, which is kept otherwise.
      if (saving.scratch !== undefined) generator.module.dispose();
    });
  signal.throwIfAborted();
  const picture = finish(output, prepared, pipelineOf(settings));
  const { format, quality } = settings;
  const bytes = encodeImage(picture, `picture.${format}`, { quality });
  const type = format === 'png' ? 'image/png' : 'image/jpeg';
  return {
    file: new Blob([bytes as Uint8Array<ArrayBuffer>], { type }),
    before,
    inputSize: size,
    outputSize: [picture.width, picture.height],
    milliseconds: run.milliseconds,
    details: [`network input ${prepared.sized.width} × ${prepared.sized.height}`, ...run.details],
    notes: [...notes, ...run.notes],
  };
};

/** One picture's way through the network, and what is seen of it. */
class Run {
  milliseconds = 0;
  readonly details: string[] = [];
  readonly notes: string[] = [];
  readonly #generator: OpenedGenerator;
  readonly #picture: Picture;
  readonly #context: CallContext<PictureProgress>;
  readonly #meter: WorkMeter;
  #reported = 0;

  constructor(generator: OpenedGenerator, picture: Picture, context: CallContext<PictureProgress>) {
    this.#generator = generator;
    this.#picture = picture;
    this.#context = context;
    this.#meter = new WorkMeter(generator, picture);
  }

  async generate(engine: EngineOptions): Promise<Picture> {
    const begin = performance.now();
    const output = await generate(this.#picture, this.#generator, {
      ...engine,
      signal: this.#context.signal,
      onNote: ({ message }) => this.notes.push(message),
      onProgram: (program) => this.#begin(program),
      onProgress: (progress) => this.#report(progress),
    });
    this.milliseconds = performance.now() - begin;
    return output;
  }

  #begin({ engine, details }: Program): void {
    this.#meter.start();
    // Of the one that did the work: a GPU may have failed before.
    this.details.splice(0, this.details.length, `engine ${engine}`, ...details);
  }

  #report({ node, done, total }: NodeProgress): void {
    const now = performance.now();
    if (now - this.#reported < REPORT_EVERY_MS && done < total) return;
    this.#reported = now;
    const { share, secondsLeft } = this.#meter.read(done, total);
    const name = node.name === '' ? node.op : node.name;
    this.#context.report({ kind: 'layer', name, done, total, share, secondsLeft });
  }
}
