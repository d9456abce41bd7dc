import { requireBuiltin } from '../platform/builtin.js';
import { readFileBytes } from '../platform/files.js';

/** The small model and its sample, which the built command carries within itself; read when asked for. */

export async function embeddedWeights(): Promise<Uint8Array> {
  return fromComment((await import('../../weights/horse2zebra-mini.pth')).default);
}

export async function embeddedSample(): Promise<Uint8Array> {
  return fromComment((await import('../../weights/sample.png')).default);
}

/** The command's own file ends with comments, one a line, of base64 (`scripts/bundleCommand.mjs`). */
async function fromComment(number: number): Promise<Uint8Array> {
  const { fileURLToPath } = requireBuiltin('url', 'The built-in model');
  const file = Buffer.from(await readFileBytes(fileURLToPath(import.meta.url)));
  const mark = `\n//${number} `;
  const start = file.lastIndexOf(mark) + mark.length;
  const base64 = file.toString('latin1', start, file.indexOf('\n', start));
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
