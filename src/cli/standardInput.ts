import { fileError } from '../platform/fileError.js';
import type { Terminal } from './terminal.js';

/** What standard input is called in messages. */
export const INPUT_NAME = 'standard input';
/** Whoever is to send something by a pipe may take a while to begin. */
const PATIENCE_MILLISECONDS = 2000;

/**
 * The pieces of standard input. That they are waited for is said: at once where somebody would have to type them, and
 * else after a while.
 *
 * @param what Is waited for, such as "a picture".
 * @throws FileError when it cannot be read; the signal's reason after it fired.
 */
export async function* standardInput(
  what: string,
  terminal: Pick<Terminal, 'say'>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { stdin } = process;
  const stop = () => stdin.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(
    () => terminal.say(`Waiting for ${what} on ${INPUT_NAME}.`),
    stdin.isTTY === true ? 0 : PATIENCE_MILLISECONDS,
  );
  timer.unref();
  try {
    for await (const piece of stdin) {
      clearTimeout(timer);
      yield piece;
    }
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : fileError('read', INPUT_NAME, error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
  signal?.throwIfAborted();
}
