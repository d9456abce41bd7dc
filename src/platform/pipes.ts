import { isAbortion } from './abortion.js';
import { requireBuiltin } from './builtin.js';
import { collect } from './collect.js';
import { fileError, tooLong } from './fileError.js';
import type { AbortSignalLike } from './webTypes.js';

/**
 * All that comes from a named pipe, or one of a shell (`<(…)`). While nothing comes, no thread of the process waits, so
 * that signals end it at once.
 *
 * @throws FileError when it cannot be read; `ERR_FILE_TOO_LARGE` when more than `maxBytes` come; the reason of a signal that fired.
 */
export async function readPipe(
  path: string,
  maxBytes: number,
  signal?: AbortSignalLike,
): Promise<Uint8Array> {
  const { constants, openSync } = requireBuiltin('fs', `Reading ${path}`);
  const { Socket } = requireBuiltin('net', `Reading ${path}`);
  try {
    // Otherwise, opening alone would wait for a writer, in a thread that nothing can wake.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const socket = new Socket({ fd, readable: true, writable: false });
    return await collect(socket, { maxBytes, onTooMany: () => tooLong(path, maxBytes), signal });
  } catch (error) {
    if (isAbortion(error, signal)) throw error;
    throw fileError('read', path, error);
  }
}
