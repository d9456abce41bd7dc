import { signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { model } from '../../model/client/model.js';
import { type PictureEntry, settingsOf } from '../../pictures/client/pictures.js';
import { saveFile } from '../../saving/client/saveFile.js';
import { Dialog } from '../../ui/dialog.js';
import { Icon } from '../../ui/icon.js';
import { useObjectUrl } from '../../ui/objectUrl.js';
import { library } from '../../worker/libraryWorker.js';
import { CancelledError } from '../../worker/workerClient.js';
import type { LayerList } from '../shared.js';

type View = 'drawing' | 'maps';

const view = signal<View | null>(null);

/** What opens the dialog. */
export function LayersButtons({ isDisabled }: { readonly isDisabled: boolean }) {
  return (
    <div class="row">
      <button type="button" class="button" disabled={isDisabled} onClick={() => open('drawing')}>
        <Icon name="layers" />
        <span>Network</span>
      </button>
      <button type="button" class="button" disabled={isDisabled} onClick={() => open('maps')}>
        <Icon name="grid" />
        <span>Feature maps</span>
      </button>
    </div>
  );
}

function open(wanted: View): void {
  view.value = wanted;
}

/** The network as a drawing, and what its layers make of the picture that is shown. */
export function LayersDialog({ entry }: { readonly entry: PictureEntry }) {
  const list = useSignal<LayerList | null>(null);
  const problem = useSignal<string | null>(null);
  const isOpen = view.value !== null;
  const version = model.value?.version;
  useEffect(() => {
    if (!isOpen) return;
    const call = { file: entry.file, settings: settingsOf(entry) };
    library.call('listLayers', call).then(
      (found) => {
        list.value = found;
      },
      (error: Error) => {
        problem.value = error.message;
      },
    );
  }, [isOpen, version]);
  if (view.value === null) return null;
  const isDrawing = view.value === 'drawing';
  return (
    <Dialog
      title={isDrawing ? 'The network' : 'Feature maps'}
      onClose={() => {
        view.value = null;
      }}
    >
      {problem.value !== null && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      {list.value !== null && isDrawing && <Drawing svg={list.value.svg} />}
      {list.value !== null && !isDrawing && <Maps entry={entry} list={list.value} />}
    </Dialog>
  );
}

function Drawing({ svg }: { readonly svg: string }) {
  const blob = useSignal(new Blob([svg], { type: 'image/svg+xml' }));
  const url = useObjectUrl(blob.value);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so keys have to reach it */}
      <section class="scroller" aria-label="Drawing of the network" tabIndex={0}>
        {url !== null && <img src={url} alt="The network, layer by layer" />}
      </section>
      <div class="row">
        <button type="button" class="button" onClick={() => saveFile(blob.value, 'network.svg')}>
          <Icon name="save" />
          <span>Save the drawing</span>
        </button>
      </div>
    </>
  );
}

interface MapsProps {
  readonly entry: PictureEntry;
  readonly list: LayerList;
}

function Maps({ entry, list: { layers } }: MapsProps) {
  const layer = useSignal(layers[0].id);
  const sheet = useSignal<Blob | null>(null);
  const problem = useSignal<string | null>(null);
  const url = useObjectUrl(sheet.value);
  const chosen = layer.value;
  useEffect(() => {
    const controller = new AbortController();
    const call = { file: entry.file, settings: settingsOf(entry), layer: chosen };
    library.call('featureMaps', call, { signal: controller.signal }).then(
      (blob) => {
        sheet.value = blob;
      },
      (error: Error) => {
        if (!(error instanceof CancelledError)) problem.value = error.message;
      },
    );
    return () => controller.abort();
  }, [entry, chosen, sheet, problem]);
  return (
    <>
      <label class="field">
        <span>Layer</span>
        <select
          value={chosen}
          onChange={({ currentTarget }) => {
            layer.value = Number(currentTarget.value);
          }}
        >
          {layers.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {problem.value !== null && <p class="problem">{problem.value}</p>}
      <div class="maps">
        {url !== null && <img src={url} alt="Its channels side by side, the first 64 of them" />}
      </div>
      <p class="faint">Each channel from its smallest value, black, to its largest, white.</p>
    </>
  );
}
