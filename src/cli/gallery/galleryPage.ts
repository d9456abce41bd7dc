import { ImageError } from '../../image/picture.js';
import { isPng } from '../../image/png/chunks.js';
import { printable, seconds } from '../terminal.js';
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
 * The page asks for nothing beyond itself, and says so: should a name ever slip through the escaping,
 * it could still neither load nor send anything.
 */
const POLICY = [
  "default-src 'none'",
  'img-src data:',
  "style-src 'unsafe-inline'",
  "script-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/**
 * A gallery is one HTML file: `galleryHead`, a `galleryEntry` for each picture, `galleryTail`. The parts
 * are written one after the other, so that no more than one picture need be in memory. Without scripts
 * it is a list of pictures side by side; the dividers come with the script.
 *
 * @param details What is known before the work begins, such as the name of the weights.
 */
export function galleryHead(title: string, details: readonly string[] = []): string {
  const facts = details.map((detail) => `<li>${text(detail)}</li>`).join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="${GENERATOR}">
<title>${text(title)}</title>
<link rel="icon" href="data:,">
<style>${GALLERY_STYLE}</style>
<script>${GALLERY_SCRIPT}</script>
</head>
<body>
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
<input class="divider" type="range" value="50" autocomplete="off" aria-label="Divider between input and output of ${name}" aria-valuetext="50% input, 50% output">
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
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
  return `<img alt="${side}: ${text(name)}" width="${width}" height="${height}" loading="lazy" decoding="async" src="data:${mediaType(name, bytes)};base64,${base64}"><span class="tag" aria-hidden="true">${side}</span>`;
}

function mediaType(name: string, bytes: Uint8Array): string {
  if (isPng(bytes)) return 'image/png';
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'image/jpeg';
  throw new ImageError('ERR_IMAGE_FORMAT', `${name}: a gallery shows PNG and JPEG alone.`);
}

function size([width, height]: readonly [number, number]): string {
  return `${width} × ${height}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that may come from a file, for an element or a quoted attribute; what cannot be seen is shown. */
function text(raw: string): string {
  return printable(raw).replace(/[&<>"']/g, (c) => ENTITIES[c]);
}
