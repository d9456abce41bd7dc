import { mediaType, type Site } from '../http/site.js';
import { requireBuiltin } from '../platform/builtin.js';
import { openFile } from '../platform/byteSource.js';

/** The small model and its sample, which the built command carries within itself; read when asked for. */

export async function embeddedWeights(): Promise<Uint8Array> {
  return fromComment((await import('../../weights/horse2zebra-mini.pth')).default);
}

export async function embeddedSample(): Promise<Uint8Array> {
  return fromComment((await import('../../weights/sample.png')).default);
}

/** What the page's archive says of each file: its bytes in base64, or which of those above it is. */
interface ArchivedFile {
  readonly tag: string;
  readonly base64?: string;
  readonly is?: 'weights' | 'sample';
}

/** The page that the built command carries within itself; `null` where it was built without. */
export async function embeddedPage(): Promise<Site | null> {
  const { default: number } = await import('../../dist/page.archive');
  if (number === null) return null;
  const { gunzipSync } = requireBuiltin('zlib', 'The page');
  const text = gunzipSync(await fromComment(number)).toString();
  const files = Object.entries(JSON.parse(text) as Record<string, ArchivedFile>);
  return new Map(
    files.map(([name, file]) => [
      name,
      { type: mediaType(name), tag: file.tag, bytes: () => bytesOf(file) },
    ]),
  );
}

async function bytesOf({ base64 = '', is }: ArchivedFile): Promise<Uint8Array> {
  if (is === 'weights') return embeddedWeights();
  if (is === 'sample') return embeddedSample();
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

/** Bytes that hold the last line of the command's file. */
const MAX_LAST_LINE = 1000;

/**
 * The command's own file ends with comments, one per line, of base64, and one with where they are (`scripts/bundleCommand.mjs`). Only that
 * part of it is read.
 */
export async function fromComment(number: number): Promise<Uint8Array> {
  const { fileURLToPath } = requireBuiltin('url', 'The built-in model');
  const file = await openFile(fileURLToPath(import.meta.url));
  const text = async (start: number, end: number) => latin1(await file.read(start, end));
  const last = await text(Math.max(0, file.size - MAX_LAST_LINE), file.size);
  const places: unknown = JSON.parse(last.slice(last.lastIndexOf('\n//') + 3));
  const [start, length] = (places as (readonly [number, number])[])[number];
  const { buffer, byteOffset, byteLength } = Buffer.from(
    await text(start, start + length),
    'base64',
  );
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}
