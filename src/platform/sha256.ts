import { requireBuiltin } from './builtin.js';
import { fileError } from './fileError.js';

/**
 * The SHA-256 of a file, or of its first bytes, in hexadecimal; piece by piece, however large it is.
 * @throws FileError when it cannot be read.
 */
export async function fileSha256(path: string, bytes = Number.POSITIVE_INFINITY): Promise<string> {
  const { createReadStream } = requireBuiltin('fs', `Reading ${path}`);
  const hash = requireBuiltin('crypto', 'SHA-256').createHash('sha256');
  try {
    const options = { highWaterMark: 2 ** 20, end: bytes - 1 };
    for await (const piece of bytes === 0 ? [] : createReadStream(path, options)) {
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

/** The SHA-256 of pieces that go by, as they are written. */
export class Sha256 {
  readonly #hash = requireBuiltin('crypto', 'SHA-256').createHash('sha256');

  *through(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const piece of pieces) {
      this.#hash.update(piece);
      yield piece;
    }
  }

  /** Of all that went by, in hexadecimal. */
  hex(): string {
    return this.#hash.digest('hex');
  }
}
