import { AbortError, CycleganError } from '../../errors.js';
import { imageSize } from '../../image/formats.js';
import type { ForwardOptions, Module } from '../../nn/module.js';
import { isWebAddress } from '../../platform/address.js';
import { openFile } from '../../platform/byteSource.js';
import { availableCores } from '../../platform/cores.js';
import { makeFolder } from '../../platform/files.js';
import { generate, preparedSize } from '../../translate/pipeline.js';
import { mapAhead } from './mapAhead.js';
import { throughNetwork } from './networkErrors.js';
import type { Job } from './outputs.js';
import { PictureThreads } from './pictureThreads.js';
import type { Opened, PictureOptions, Saved } from './pictureWork.js';

/** How a picture ended. */
export type Ending =
  | {
      readonly job: Job;
      readonly opened: Opened;
      readonly saved: Saved;
      /** Of the network. */
      readonly milliseconds: number;
    }
  | { readonly job: Job; readonly error: CycleganError };

export interface ManyOptions extends PictureOptions {
  readonly replace: boolean;
  readonly forward: ForwardOptions;
  readonly signal: AbortSignal;
  /** Called for each picture, in no particular order. */
  readonly onEnd: (ending: Ending) => Promise<void>;
}

/** More decode no faster than a network takes pictures. */
const MOST_THREADS = 2;
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
  netG: Module,
  options: ManyOptions,
): Promise<void> {
  const { signal, forward, onEnd } = options;
  const { decode, pipeline, quality, gallery } = options;
  const count = Math.min(MOST_THREADS, availableCores());
  const threads = new PictureThreads(count, { decode, pipeline, quality, gallery });
  const saving = new Set<Promise<unknown>>();
  let failure: { readonly error: unknown } | null = null;
  let shape = '';
  try {
    const ordered = await bySize(jobs, options);
    if (signal.aborted) throw new AbortError();
    for await (const outcome of mapAhead(ordered, count + 1, ({ input }) =>
      threads.open(input.path),
    )) {
      if (signal.aborted || failure !== null) break;
      const job = outcome.item;
      if ('error' in outcome) {
        await onEnd({ job, error: reportable(outcome.error) });
        continue;
      }
      const opened = outcome.result;
      const { width, height } = opened.prepared.sized;
      // Programs hold a hundred megabytes each, and no picture of the size before is to come.
      if (shape !== '' && shape !== `${width} x ${height}`) netG.dispose();
      shape = `${width} x ${height}`;
      try {
        const begin = performance.now();
        const output = await throughNetwork(job.input.path, opened.prepared.sized, netG, () =>
          generate(opened.prepared.sized, netG, { ...forward, signal }),
        );
        const milliseconds = performance.now() - begin;
        const task: Promise<unknown> = save(job, opened, output, milliseconds)
          .catch((error: unknown) => {
            failure ??= { error };
          })
          .then(() => saving.delete(task));
        saving.add(task);
        if (saving.size > count) await Promise.race(saving);
      } catch (error) {
        if (error instanceof AbortError) throw error;
        await onEnd({ job, error: reportable(error) });
      }
    }
  } finally {
    await Promise.all(saving);
    threads.end();
  }
  if (failure !== null) throw (failure as { error: unknown }).error;
  if (signal.aborted) throw new AbortError();

  async function save(
    job: Job,
    opened: Opened,
    output: Awaited<ReturnType<typeof generate>>,
    milliseconds: number,
  ): Promise<void> {
    let ending: Ending;
    try {
      await makeFolder(job.output);
      const target = { path: job.output, replace: options.replace };
      const saved = await threads.save(output, opened.prepared, target);
      ending = { job, opened, saved, milliseconds };
    } catch (error) {
      ending = { job, error: reportable(error) };
    }
    await onEnd(ending);
  }
}

/** What a user can cause is reported; anything else is a mistake here, and ends the run. */
function reportable(error: unknown): CycleganError {
  if (error instanceof CycleganError) return error;
  throw error;
}

/**
 * Jobs whose pictures will have one size together, the largest first: the memory of its program then serves the others.
 */
async function bySize(
  jobs: readonly Job[],
  { decode, pipeline, signal }: ManyOptions,
): Promise<Job[]> {
  const groups = new Map<string, { readonly pixels: number; readonly jobs: Job[] }>();
  const sizes = mapAhead(jobs, 16, async ({ input }) => {
    // An address is asked once, when its turn comes.
    if (isWebAddress(input.path)) return null;
    const source = await openFile(input.path, { regular: true });
    const start = await source.read(0, Math.min(source.size, HEADER_BYTES));
    // It may not tell yet whether the picture will be turned: then it is placed as if it were not.
    const size = imageSize(start, decode) ?? imageSize(start);
    return size === null ? null : preparedSize(size, pipeline);
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
