import { mediaType, type Site } from '../http/site.js';
import { requireBuiltin } from '../platform/builtin.js';
import { readFileBytes } from '../platform/files.js';

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

/** The command's own file ends with comments, one per line, of base64 (`scripts/bundleCommand.mjs`). */
export async function fromComment(number: number): Promise<Uint8Array> {
  const { fileURLToPath } = requireBuiltin('url', 'The built-in model');
  const file = Buffer.from(await readFileBytes(fileURLToPath(import.meta.url)));
  const mark = `\n//${number} `;
  const start = file.lastIndexOf(mark) + mark.length;
  const base64 = file.toString('latin1', start, file.indexOf('\n', start));
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
