import { requireBuiltin } from './builtin.js';
import { concatenate } from './concatenate.js';
import { FileError, fileError } from './fileError.js';

/** More bytes than that are not taken from what does not tell its length: it may never end. */
const MOST_PIPED = 2 ** 30;

/**
 * All that comes from a named pipe, or one of a shell (`<(…)`). While nothing comes, no thread of the process waits, so
 * that signals end it at once.
 *
 * @throws FileError when it cannot be read, or more than 1 GiB comes.
 */
export async function readPipe(path: string, most = MOST_PIPED): Promise<Uint8Array> {
  const { constants, openSync } = requireBuiltin('fs', `Reading ${path}`);
  const { Socket } = requireBuiltin('net', `Reading ${path}`);
  try {
    // Otherwise, opening alone would wait for a writer, in a thread that nothing can wake.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return await collectPieces(new Socket({ fd, readable: true, writable: false }), path, most);
  } catch (error) {
    throw fileError('read', path, error);
  }
}

/**
 * All pieces of what does not tell its length.
 * @throws FileError `ERR_FILE_TOO_LARGE` when more than `most` bytes come.
 */
export async function collectPieces(
  pieces: AsyncIterable<Uint8Array>,
  name: string,
  most = MOST_PIPED,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of pieces) {
    size += part.length;
    if (size > most) throw tooLarge(name, `more than ${most} bytes come`);
    parts.push(part);
  }
  return concatenate(parts);
}

export function tooLarge(name: string, what: string): FileError {
  return new FileError('ERR_FILE_TOO_LARGE', `${name}: ${what}; that is too large.`);
}
