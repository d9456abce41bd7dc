import { computed, type Signal, signal } from '@preact/signals';
import { settings } from '../../settings/client/settingsStore.js';
import type { Settings } from '../../settings/settings.js';
import type { LayerProgress, Size, Translated } from '../shared.js';

export type Status =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'working'; readonly progress: LayerProgress | null }
  | { readonly kind: 'done' }
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** Of a picture that is too large: the largest short side that is not. */
      readonly shortSide: number | null;
    }
  | { readonly kind: 'stopped' };

/** What the network sees of a picture. */
export interface Before {
  readonly blob: Blob;
  readonly size: Size;
}

export interface PictureEntry {
  readonly id: number;
  readonly name: string;
  /** With the folders that it was in. */
  readonly path: string;
  readonly file: Blob;
  /** Whether it came with the page. */
  readonly isSample: boolean;
  readonly status: Signal<Status>;
  readonly before: Signal<Before | null>;
  /** A size of its own, where that of the settings is too large. */
  readonly shortSide: Signal<number | null>;
  /** Of the last run; while another one is under way, that of the one before. */
  readonly result: Signal<Translated | null>;
  /** What `result` was made with; another one makes it anew. */
  madeWith: string | null;
}

export interface NewPicture {
  readonly file: File;
  readonly path?: string;
  readonly isSample?: boolean;
}

export const pictures = signal<readonly PictureEntry[]>([]);
export const selectedId = signal<number | null>(null);
export const selected = computed(
  () => pictures.value.find(({ id }) => id === selectedId.value) ?? null,
);

let count = 0;

/** Adds pictures, of which the first is shown; the sample goes when others come. */
export function addPictures(added: readonly NewPicture[]): void {
  if (added.length === 0) return;
  const entries = added.map(entryOf);
  const own = pictures.value.filter(({ isSample }) => !isSample);
  pictures.value = [...own, ...entries];
  selectedId.value = entries[0].id;
}

function entryOf({ file, path = file.name, isSample = false }: NewPicture): PictureEntry {
  return {
    id: count++,
    name: file.name,
    path,
    file,
    isSample,
    status: signal<Status>({ kind: 'waiting' }),
    before: signal<Before | null>(null),
    shortSide: signal<number | null>(null),
    result: signal<Translated | null>(null),
    madeWith: null,
  };
}

/** What a picture is translated with. */
export function settingsOf({ shortSide }: PictureEntry): Settings {
  const side = shortSide.value;
  return side === null ? settings.value : { ...settings.value, sizing: 'short', width: side };
}

export function removePicture(entry: PictureEntry): void {
  const index = pictures.value.indexOf(entry);
  const rest = pictures.value.filter((other) => other !== entry);
  pictures.value = rest;
  if (selectedId.value === entry.id) {
    selectedId.value = rest[Math.min(index, rest.length - 1)]?.id ?? null;
  }
}

/** Shows the next picture, or the one before. */
export function step(by: number): void {
  const list = pictures.value;
  const index = list.findIndex(({ id }) => id === selectedId.value);
  const next = list[Math.min(list.length - 1, Math.max(0, index + by))];
  if (next !== undefined) selectedId.value = next.id;
}
