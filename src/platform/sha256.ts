import { requireBuiltin } from './builtin.js';
import { fileError } from './fileError.js';

/**
 * The SHA-256 of a file, in hexadecimal; piece by piece, however large it is.
 * @throws FileError when it cannot be read.
 */
export async function fileSha256(path: string): Promise<string> {
  const { createReadStream } = requireBuiltin('fs', `Reading ${path}`);
  const hash = requireBuiltin('crypto', 'SHA-256').createHash('sha256');
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) {
      hash.update(piece as Uint8Array);
    }
  } catch (error) {
    throw fileError('read', path, error);
  }
  return hash.digest('hex');
}

/** The SHA-256 of bytes, in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return requireBuiltin('crypto', 'SHA-256').createHash('sha256').update(bytes).digest('hex');
}
