import { computed, effect, signal, untracked } from '@preact/signals';
import { model } from '../../model/client/model.js';
import { settings } from '../../settings/client/settingsStore.js';
import { library } from '../../worker/libraryWorker.js';
import { CancelledError, WorkerError } from '../../worker/workerClient.js';
import type { PictureProgress } from '../shared.js';
import { type PictureEntry, pictures, selected, settingsOf } from './pictures.js';

/** One picture at a time goes through the network: the one that is looked at, then the others in their order. */

/** Whoever turns a dial is not done with the first number. */
const SETTLE_MS = 350;

/** What pictures are made with: another one makes all of them anew. */
const recipe = computed(() => JSON.stringify([model.value?.version, settings.value]));
const running = signal<{ entry: PictureEntry; controller: AbortController } | null>(null);

/** How many pictures are done, of how many. */
export const tally = computed(() => {
  const states = pictures.value.map(({ status }) => status.value.kind);
  const count = (...kinds: string[]) => states.filter((kind) => kinds.includes(kind)).length;
  return {
    total: states.length,
    done: count('done'),
    failed: count('failed'),
    left: count('waiting', 'working'),
  };
});

/** Begins to work, and goes on as long as the page is there. */
export function startQueue(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let known = recipe.value;
  effect(() => {
    if (recipe.value === known) return;
    known = recipe.value;
    clearTimeout(timer);
    timer = setTimeout(renew, SETTLE_MS);
  });
  effect(() => {
    if (running.value !== null || model.value === null || model.value.facts.problem !== null)
      return;
    const next = nextPicture();
    if (next !== null) untracked(() => void run(next));
  });
}

function nextPicture(): PictureEntry | null {
  const waits = ({ status }: PictureEntry) => status.value.kind === 'waiting';
  const current = selected.value;
  if (current !== null && waits(current)) return current;
  return pictures.value.find(waits) ?? null;
}

/** Results that were made with something else are made anew. */
function renew(): void {
  const outdated = pictures.value.filter(({ madeWith }) => madeWith !== recipe.value);
  const current = running.value?.entry;
  if (current !== undefined && outdated.includes(current)) cancel(current);
  for (const entry of outdated) {
    if (entry.madeWith !== null) entry.status.value = { kind: 'waiting' };
  }
}

async function run(entry: PictureEntry): Promise<void> {
  const controller = new AbortController();
  running.value = { entry, controller };
  entry.status.value = { kind: 'working', progress: null };
  entry.madeWith = recipe.value;
  try {
    const { file, path } = entry;
    const call = { file, name: path, settings: settingsOf(entry) };
    const { signal } = controller;
    const onProgress = (progress: PictureProgress) => show(entry, progress);
    const result = await library.call('translate', call, { signal, onProgress });
    entry.before.value = { blob: result.before, size: result.inputSize };
    entry.result.value = result;
    entry.status.value = { kind: 'done' };
  } catch (error) {
    fail(entry, error as Error);
  } finally {
    if (running.value?.controller === controller) running.value = null;
  }
}

function show(entry: PictureEntry, progress: PictureProgress): void {
  if (entry.status.value.kind !== 'working') return;
  if (progress.kind === 'layer') entry.status.value = { kind: 'working', progress };
  else if (entry.result.value === null) {
    entry.before.value = { blob: progress.before, size: progress.size };
  }
}

function fail(entry: PictureEntry, error: Error): void {
  if (error instanceof CancelledError) {
    if (entry.status.value.kind === 'working') entry.status.value = { kind: 'stopped' };
    return;
  }
  entry.result.value = null;
  const shortSide = error instanceof WorkerError ? error.shortSide : null;
  entry.status.value = { kind: 'failed', message: error.message, shortSide };
}

/** Lets go of a picture at once, whatever the worker is doing. */
export function cancel(entry: PictureEntry): void {
  entry.status.value = { kind: 'stopped' };
  if (running.value?.entry === entry) running.value.controller.abort();
}

export function cancelAll(): void {
  for (const entry of pictures.value) {
    if (['waiting', 'working'].includes(entry.status.value.kind)) cancel(entry);
  }
}

/** Once more, from the start. @param shortSide A size of its own. */
export function retry(entry: PictureEntry, shortSide: number | null = entry.shortSide.value): void {
  entry.shortSide.value = shortSide;
  entry.status.value = { kind: 'waiting' };
}
