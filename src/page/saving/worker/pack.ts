import { Zip, ZipPassThrough } from 'fflate';
import { galleryEntry, galleryHead, galleryTail } from '../../../html/gallery/galleryPage.js';
import { decodeImage, encodeImage } from '../../../image/formats.js';
import type { Handler } from '../../worker/protocol.js';

/** As the command's galleries have it. */
const GALLERY_QUALITY = 90;

/** One archive of all files. Pictures are packed already, so they are only put one after the other. */
export const makeZip: Handler<'makeZip'> = async ({ files }, { signal, report }) => {
  const parts: Blob[] = [];
  let fault: Error | null = null;
  const zip = new Zip((error, bytes) => {
    fault ??= error;
    // A blob may lie on the disk; bytes lie in memory.
    parts.push(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  });
  for (const [i, { name, file }] of files.entries()) {
    signal.throwIfAborted();
    const entry = new ZipPassThrough(name);
    zip.add(entry);
    entry.push(new Uint8Array(await file.arrayBuffer()), true);
    if (fault !== null) throw fault;
    report({ done: i + 1, total: files.length });
  }
  zip.end();
  return new Blob(parts, { type: 'application/zip' });
};

/** The page that the command writes with `--gallery`. */
export const makeGallery: Handler<'makeGallery'> = async (call, { signal, report }) => {
  const { title, details, summary, entries } = call;
  const parts: (string | Blob)[] = [galleryHead(title, details)];
  for (const [i, { before, after, ...facts }] of entries.entries()) {
    signal.throwIfAborted();
    const entry = { ...facts, before: await asJpeg(before), after: await asJpeg(after) };
    parts.push(new Blob([galleryEntry(entry)]));
    report({ done: i + 1, total: entries.length });
  }
  return new Blob([...parts, galleryTail(summary)], { type: 'text/html' });
};

async function asJpeg(file: Blob): Promise<Uint8Array> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (file.type === 'image/jpeg') return bytes;
  return encodeImage(decodeImage(bytes), 'gallery.jpg', { quality: GALLERY_QUALITY });
}
