import { AbortError } from '../../errors.js';
import type { OpenedGenerator } from '../../generator/openGenerator.js';
import { imageSize } from '../../image/formats.js';
import type { ForwardOptions } from '../../nn/module.js';
import { isWebAddress } from '../../platform/address.js';
import { openFile } from '../../platform/byteSource.js';
import { availableCores } from '../../platform/cores.js';
import { type Prefetched, prefetchMap } from '../../platform/prefetchMap.js';
import { generate } from '../../translate/generate.js';
import { throughNetwork } from '../../translate/networkErrors.js';
import type { OutputNote } from '../../translate/outputNote.js';
import { networkSize } from '../../translate/pictureNetwork.js';
import { preparedSize } from '../../translate/pipeline.js';
import { withinBudget } from '../memoryBudget.js';
import { type Outcome, reportable } from './outcome.js';
import type { Job } from './outputs.js';
import { PictureThreads } from './pictureThreads.js';
import type { Opened, PictureOptions } from './pictureWork.js';
import { Saves } from './saves.js';

export interface ManyOptions extends PictureOptions {
  readonly replace: boolean;
  readonly forward: ForwardOptions;
  readonly signal: AbortSignal;
  /** Called for each picture, in no particular order. */
  readonly onOutcome: (outcome: Outcome) => Promise<void>;
}

/** More decode no faster than a network takes pictures. */
const MAX_THREADS = 2;
/** Those that are decoded, the one that is at work, and those that are encoded. */
const PICTURES_AT_A_TIME = 2 * MAX_THREADS + 1;
/** Bytes in which a picture's header lies, but for those with a large preview or colour profile before it. */
const HEADER_BYTES = 1 << 16;

/**
 * Translates pictures: while the network works on one, others are decoded and encoded by threads of their own. Those of
 * one size come one after the other, so that they share a program, and only one program is held at a time. A picture
 * that cannot be translated is reported, and the others go on.
 *
 * @throws AbortError after `signal` fired, once files that were being written are complete.
 */
export async function translateMany(
  jobs: readonly Job[],
  generator: OpenedGenerator,
  options: ManyOptions,
): Promise<void> {
  const { signal, replace, onOutcome } = options;
  const { decode, pipeline, norm, quality, gallery, maxPixels } = options;
  const count = Math.min(MAX_THREADS, availableCores());
  const pictures = { decode, pipeline, norm, quality, gallery, maxPixels };
  const threads = new PictureThreads(count, pictures);
  const saves = new Saves(threads, { most: count, replace, onOutcome });
  try {
    const ordered = await bySize(jobs, generator, options);
    if (signal.aborted) throw new AbortError();
    const opening = prefetchMap(ordered, count + 1, ({ input }) => threads.open(input.path));
    await translateOpened(opening, generator, saves, options);
  } finally {
    await saves.settled();
    threads.end();
  }
  saves.throwFailure();
  if (signal.aborted) throw new AbortError();
}

/** Takes decoded pictures through the network, one after the other. */
async function translateOpened(
  opening: AsyncIterable<Prefetched<Job, Opened>>,
  generator: OpenedGenerator,
  saves: Saves,
  { signal, forward, norm, onOutcome }: ManyOptions,
): Promise<void> {
  let shape = '';
  for await (const outcome of opening) {
    if (signal.aborted || saves.failed) return;
    const job = outcome.item;
    if ('error' in outcome) {
      await onOutcome({ job, error: reportable(outcome.error) });
      continue;
    }
    const opened = outcome.result;
    const { sized } = opened.prepared;
    // Programs hold a hundred megabytes each, and no picture of the size before is to come.
    const { width, height } = networkSize(sized, generator);
    const next = `${width} x ${height}`;
    if (shape !== '' && shape !== next) generator.module.dispose();
    shape = next;
    try {
      const begin = performance.now();
      const outputNotes: OutputNote[] = [];
      const onNote = (note: OutputNote) => outputNotes.push(note);
      const named = (own: ForwardOptions) =>
        throughNetwork(job.input.path, sized, generator, () =>
          generate(sized, generator, { ...own, norm, signal, onNote }),
        );
      const output = await withinBudget(forward, sized, named, PICTURES_AT_A_TIME);
      const milliseconds = performance.now() - begin;
      await saves.add(job, opened, { output, outputNotes, milliseconds });
    } catch (error) {
      if (error instanceof AbortError) throw error;
      await onOutcome({ job, error: reportable(error) });
    }
  }
}

/**
 * Jobs whose pictures will come to the network in one size together, the largest first: the memory of its program then serves the others.
 */
async function bySize(
  jobs: readonly Job[],
  generator: OpenedGenerator,
  { decode, pipeline, signal }: ManyOptions,
): Promise<Job[]> {
  const groups = new Map<string, { readonly pixels: number; readonly jobs: Job[] }>();
  const sizes = prefetchMap(jobs, 16, async ({ input }) => {
    // An address is asked once, when its turn comes.
    if (isWebAddress(input.path)) return null;
    const source = await openFile(input.path, { regular: true });
    const start = await source.read(0, Math.min(source.size, HEADER_BYTES));
    // It may not tell yet whether the picture will be turned: then it is placed as if it were not.
    const size = imageSize(start, decode) ?? imageSize(start);
    return size === null ? null : networkSize(preparedSize(size, pipeline), generator);
  });
  for await (const outcome of sizes) {
    if (signal.aborted) break;
    // What cannot be read now is reported when its turn comes.
    const size = 'result' in outcome ? outcome.result : null;
    const { width, height } = size ?? { width: 0, height: 0 };
    const name = `${width} x ${height}`;
    const group = groups.get(name) ?? { pixels: width * height, jobs: [] };
    group.jobs.push(outcome.item);
    groups.set(name, group);
  }
  return [...groups.values()].sort((a, b) => b.pixels - a.pixels).flatMap((group) => group.jobs);
}
