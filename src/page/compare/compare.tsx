import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { PictureEntry } from '../pictures/client/pictures.js';
import { Icon } from '../ui/icon.js';
import { useObjectUrl } from '../ui/objectUrl.js';
import { Gestures } from './gestures.js';
import { type View, WHOLE } from './view.js';

const KEY_ZOOM = 1.5;
const KEY_PAN = 48;

/** A picture and what became of it, one over the other, with a divider between them; both are enlarged and moved together. */
export function Compare({ entry }: { readonly entry: PictureEntry }) {
  const element = useRef<HTMLDivElement>(null);
  const gestures = useRef<Gestures | null>(null);
  const divider = useSignal(0.5);
  const view = useSignal<View>(WHOLE);
  useEffect(() => {
    if (element.current === null) return;
    gestures.current = new Gestures(element.current, {
      getDivider: () => divider.peek(),
      setDivider: (share) => {
        divider.value = share;
      },
      getView: () => view.peek(),
      setView: (next) => {
        view.value = next;
      },
    });
    const onKey = (event: KeyboardEvent) => followKey(event, gestures.current, view);
    element.current.addEventListener('keydown', onKey);
    return gestures.current.listen();
  }, [divider, view]);
  const { scale, x, y } = view.value;
  const isDone = entry.result.value !== null;
  const style = {
    '--at': `${100 * divider.value}%`,
    '--move': `translate(${x}px, ${y}px) scale(${scale})`,
  };
  return (
    <div
      ref={element}
      class={`stage${scale > 1 ? ' zoomed' : ''}${scale > 3 ? ' pixels' : ''}`}
      style={style}
    >
      <Sides entry={entry} />
      {isDone && (
        <>
          <input
            class="divider"
            type="range"
            min={0}
            max={100}
            value={Math.round(100 * divider.value)}
            aria-label={`Divider between input and output of ${entry.name}`}
            aria-valuetext={`${Math.round(100 * divider.value)}% input, ${Math.round(100 * (1 - divider.value))}% output`}
            aria-keyshortcuts="+ - 0"
            onInput={({ currentTarget }) => {
              divider.value = Number(currentTarget.value) / 100;
            }}
          />
          <div class="line" aria-hidden="true" />
        </>
      )}
      <ZoomButtons
        scale={scale}
        onZoom={(by) => gestures.current?.zoom(by)}
        onFit={() => {
          view.value = WHOLE;
        }}
      />
    </div>
  );
}

function followKey(event: KeyboardEvent, gestures: Gestures | null, view: { value: View }): void {
  const pans: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [KEY_PAN, 0],
    ArrowRight: [-KEY_PAN, 0],
    ArrowUp: [0, KEY_PAN],
    ArrowDown: [0, -KEY_PAN],
  };
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const pan = event.shiftKey ? pans[event.key] : undefined;
  if (pan !== undefined) gestures?.pan(...pan);
  else if (event.key === '+' || event.key === '=') gestures?.zoom(KEY_ZOOM);
  else if (event.key === '-') gestures?.zoom(1 / KEY_ZOOM);
  else if (event.key === '0') view.value = WHOLE;
  else return;
  event.preventDefault();
}

/** Before it is read by the library, the browser shows the picture, if it can. */
function Sides({ entry }: { readonly entry: PictureEntry }) {
  const { name, file } = entry;
  const before = entry.before.value;
  const result = entry.result.value;
  const beforeUrl = useObjectUrl(before?.blob ?? (file.size < 3e7 ? file : null));
  const afterUrl = useObjectUrl(result?.file ?? null);
  const ratio = before === null ? undefined : { '--ratio': before.size[0] / before.size[1] };
  return (
    <>
      <div class="plane">
        <div class="pane" style={ratio}>
          {beforeUrl !== null && <img src={beforeUrl} alt={`Input: ${name}`} draggable={false} />}
        </div>
        {result !== null && (
          <span class="tag" aria-hidden="true">
            Input
          </span>
        )}
      </div>
      {afterUrl !== null && (
        <div class="plane after">
          <div class="pane" style={ratio}>
            <img src={afterUrl} alt={`Output: ${name}`} draggable={false} />
          </div>
          <span class="tag" aria-hidden="true">
            Output
          </span>
        </div>
      )}
    </>
  );
}

interface ZoomProps {
  readonly scale: number;
  readonly onZoom: (by: number) => void;
  readonly onFit: () => void;
}

function ZoomButtons({ scale, onZoom, onFit }: ZoomProps) {
  return (
    <fieldset class="zoom" aria-label="Zoom">
      <button
        type="button"
        class="plain"
        onClick={() => onZoom(1 / KEY_ZOOM)}
        disabled={scale === 1}
      >
        <Icon name="zoomOut" />
        <span class="unseen">Smaller</span>
      </button>
      <button type="button" class="plain" onClick={onFit} disabled={scale === 1}>
        <span aria-hidden="true">{Math.round(100 * scale)}%</span>
        <span class="unseen">Show the whole picture</span>
      </button>
      <button type="button" class="plain" onClick={() => onZoom(KEY_ZOOM)}>
        <Icon name="zoomIn" />
        <span class="unseen">Larger</span>
      </button>
    </fieldset>
  );
}
