import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { model } from '../../model/client/model.js';
import { type PictureEntry, pictures } from '../../pictures/client/pictures.js';
import type { Translated } from '../../pictures/shared.js';
import { settings } from '../../settings/client/settingsStore.js';
import { formatSeconds, plural } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { tell } from '../../ui/notice.js';
import { library } from '../../worker/libraryWorker.js';
import { namesInFolder } from '../names.js';
import type { PackProgress } from '../shared.js';
import { CommandLine } from './commandLineField.js';
import { saveFile } from './saveFile.js';

interface Done {
  readonly entry: PictureEntry;
  readonly result: Translated;
}

/** How far packing is; `null` while nothing is packed. */
const packing = signal<PackProgress | null>(null);

/** What can be done with all outputs together. */
export function SaveAll() {
  const done = doneOnes();
  const progress = packing.value;
  const isIdle = progress === null && done.length > 0;
  const element = useRef<HTMLDetailsElement>(null);
  useEffect(() => closeFromOutside(element.current), []);
  return (
    <details ref={element} class="save-all">
      <summary class="button">
        <Icon name="save" />
        <span>Save all</span>
      </summary>
      <div class="card">
        <p class="faint">
          {progress === null
            ? `${plural(done.length, 'picture')} translated`
            : `Packing ${progress.done} of ${progress.total}`}
        </p>
        <div class="row">
          <button
            type="button"
            class="button primary"
            disabled={!isIdle}
            onClick={() => void pack(() => zip(done))}
          >
            Zip
          </button>
          <button
            type="button"
            class="button"
            disabled={!isIdle}
            onClick={() => void pack(() => gallery(done))}
          >
            Gallery, one page
          </button>
        </div>
        <CommandLine paths={pictures.value.map(({ path }) => path)} settings={settings.value} />
      </div>
    </details>
  );
}

/** As a menu does: by Escape, and by a click elsewhere. @returns What stops listening. */
function closeFromOutside(details: HTMLDetailsElement | null): () => void {
  const stop = new AbortController();
  const options = { signal: stop.signal };
  const close = () => {
    if (details !== null) details.open = false;
  };
  const onPointer = ({ target }: Event) => {
    if (!details?.contains(target as Node)) close();
  };
  const onKey = ({ key }: KeyboardEvent) => {
    if (key !== 'Escape' || !details?.open) return;
    close();
    details.querySelector('summary')?.focus();
  };
  addEventListener('pointerdown', onPointer, options);
  addEventListener('keydown', onKey, options);
  return () => stop.abort();
}

function doneOnes(): Done[] {
  return pictures.value.flatMap((entry) => {
    const result = entry.result.value;
    return result === null || entry.status.value.kind !== 'done' ? [] : [{ entry, result }];
  });
}

async function pack(action: () => Promise<void>): Promise<void> {
  packing.value = { done: 0, total: doneOnes().length };
  try {
    await action();
  } catch (error) {
    tell(`They could not be packed: ${(error as Error).message}`, { isProblem: true });
  } finally {
    packing.value = null;
  }
}

const onProgress = (progress: PackProgress) => {
  packing.value = progress;
};

async function zip(done: readonly Done[]): Promise<void> {
  const { format } = settings.value;
  // The command names the outputs of all its inputs, whether or not one fails.
  const all = pictures.value;
  const names = namesInFolder(
    all.map(({ path }) => path),
    format,
  );
  const files = done.map(({ entry, result: { file } }) => ({
    name: names[all.indexOf(entry)],
    file,
  }));
  saveFile(await library.call('makeZip', { files }, { onProgress }), 'translated.zip');
}

async function gallery(done: readonly Done[]): Promise<void> {
  const seconds = done.reduce((sum, { result }) => sum + result.milliseconds, 0);
  const current = model.value;
  const details = [current?.isBuiltIn === false ? current.name : 'the small built-in model'];
  const entries = done.map(({ entry, result }) => ({
    name: entry.path,
    inputSize: result.inputSize,
    outputSize: result.outputSize,
    milliseconds: result.milliseconds,
    before: result.before,
    after: result.file,
  }));
  const summary = `${plural(done.length, 'picture')} in ${formatSeconds(seconds)}`;
  const call = { title: 'Translated pictures', details, summary, entries };
  saveFile(await library.call('makeGallery', call, { onProgress }), 'index.html');
}
