import { dataUrl } from '../dataUrl.js';
import { pageHead } from '../pageHead.js';
import { seconds, text } from '../text.js';
import { GALLERY_SCRIPT } from './galleryScript.js';
import { GALLERY_STYLE } from './galleryStyle.js';

/** A picture and what became of it. */
export interface GalleryEntry {
  /** As people know the picture; mostly a file's name. */
  readonly name: string;
  /** Width and height. */
  readonly inputSize: readonly [number, number];
  readonly outputSize: readonly [number, number];
  /** Of the network; `null` where it was not measured. */
  readonly milliseconds: number | null;
  /** The bytes of a JPEG or PNG file. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** By which a page is known as one of ours. */
export const GENERATOR = 'cyclegan-ts gallery';

/**
 * A gallery is one HTML file: `galleryHead`, a `galleryEntry` for each picture, `galleryTail`. The parts
 * are written one after the other, so that no more than one picture need be in memory. Without scripts
 * it is a list of pictures side by side; the dividers come with the script.
 *
 * @param details What is known before the work begins, such as the name of the weights.
 */
export function galleryHead(title: string, details: readonly string[] = []): string {
  const facts = details.map((detail) => `<li>${text(detail)}</li>`).join('');
  return `${pageHead({ title, generator: GENERATOR, style: GALLERY_STYLE, script: GALLERY_SCRIPT })}
<header>
<div>
<h1>${text(title)}</h1>
<ul class="facts">${facts}</ul>
</div>
<div class="controls">
<div class="filter" role="search" hidden>
<label class="unseen" for="filter">Filter by name</label>
<input id="filter" type="search" placeholder="Filter by name" autocomplete="off" spellcheck="false">
<output class="found" for="filter"></output>
</div>
<fieldset class="views">
<legend class="unseen">How pictures are compared</legend>
<label><input type="radio" name="view" value="divider" autocomplete="off" checked><span>Slider</span></label>
<label><input type="radio" name="view" value="sides" autocomplete="off"><span>Side by side</span></label>
</fieldset>
</div>
</header>
<main>
`;
}

/**
 * The figure of one picture.
 * @throws ImageError `ERR_IMAGE_FORMAT` when the bytes are neither JPEG nor PNG.
 */
export function galleryEntry(entry: GalleryEntry): string {
  const name = text(entry.name);
  const [width, height] = entry.inputSize;
  return `<figure style="--w:${width};--h:${height}">
<div class="frame">
<div class="side">${image(entry, 'Input', entry.before, entry.inputSize)}</div>
<div class="side after">${image(entry, 'Output', entry.after, entry.outputSize)}</div>
<input class="divider" type="range" value="50" autocomplete="off" data-left="input" data-right="output" aria-label="Divider between input and output of ${name}" aria-valuetext="50% input, 50% output">
<div class="line" aria-hidden="true"></div>
</div>
<figcaption>
<h2><bdi>${name}</bdi></h2>
<p><span class="unseen">From </span>${size(entry.inputSize)}<span aria-hidden="true"> → </span><span class="unseen"> to </span>${size(entry.outputSize)}${time(entry.milliseconds)}</p>
</figcaption>
</figure>
`;
}

function time(milliseconds: number | null): string {
  if (milliseconds === null) return '';
  return `<span class="unseen"> in</span> <span class="time">${seconds(milliseconds)}</span>`;
}

/** @param summary What is known only now, such as how long all of it took; the script shows it at the top. */
export function galleryTail(summary: string): string {
  return `</main>
<footer><p class="summary">${text(summary)}</p></footer>
</body>
</html>
`;
}

function image(
  { name }: GalleryEntry,
  side: string,
  bytes: Uint8Array,
  [width, height]: readonly [number, number],
): string {
  return `<img alt="${side}: ${text(name)}" width="${width}" height="${height}" loading="lazy" decoding="async" src="${dataUrl(name, bytes)}"><span class="tag" aria-hidden="true">${side}</span>`;
}

function size([width, height]: readonly [number, number]): string {
  return `${width} × ${height}`;
}
