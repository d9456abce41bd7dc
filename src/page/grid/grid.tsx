import { signal } from '@preact/signals';
import { type PictureEntry, pictures, selectedId } from '../pictures/client/pictures.js';
import { useGradually } from '../ui/gradually.js';
import { useObjectUrl } from '../ui/objectUrl.js';

/** Whether all pictures are shown, or one. */
export const isGrid = signal(false);

/** All pictures, each as far as it is; one is opened by a click. */
export function Grid() {
  return <Thumbnails class="grid" />;
}

/** The pictures in a row, below the one that is shown. */
export function Strip() {
  return <Thumbnails class="strip" />;
}

function Thumbnails({ class: name }: { readonly class: string }) {
  const entries = useGradually(pictures.value);
  return (
    <ul class={name} aria-label="Pictures">
      {entries.map((entry) => (
        <li key={entry.id}>
          <Thumbnail entry={entry} />
        </li>
      ))}
    </ul>
  );
}

function open({ id }: PictureEntry): void {
  selectedId.value = id;
  isGrid.value = false;
}

function Thumbnail({ entry }: { readonly entry: PictureEntry }) {
  const { path, status, result, before } = entry;
  const url = useObjectUrl(result.value?.file ?? before.value?.blob ?? null);
  const { kind } = status.value;
  const share = status.value.kind === 'working' ? (status.value.progress?.share ?? 0) : 0;
  const isCurrent = selectedId.value === entry.id;
  return (
    <button
      type="button"
      class={`thumbnail ${kind}`}
      aria-current={isCurrent ? 'true' : undefined}
      onClick={() => open(entry)}
      title={path}
      aria-label={`${path}, ${WORDS[kind]}`}
    >
      {url === null ? <span class="nothing" /> : <img src={url} alt="" loading="lazy" />}
      {kind === 'working' && <span class="share" style={{ '--share': share }} />}
      <span class="caption">
        <bdi>{path}</bdi>
      </span>
      {kind === 'failed' && (
        <span class="mark" aria-hidden="true">
          !
        </span>
      )}
    </button>
  );
}

const WORDS: Readonly<Record<string, string>> = {
  waiting: 'waiting',
  working: 'being translated',
  done: 'translated',
  failed: 'failed',
  stopped: 'stopped',
};
