import { AbortError } from '../errors.js';
import type { AbortSignalLike } from './webTypes.js';

/** A promise that fails when `signal` fires, and what stops listening. */
export function abortionOf(signal: AbortSignalLike | undefined): {
  readonly happens: Promise<never>;
  readonly end: () => void;
} {
  let stop = (): void => undefined;
  const happens = new Promise<never>((_, reject) => {
    stop = () => reject(new AbortError());
  });
  happens.catch(() => undefined);
  if (signal?.aborted) stop();
  else signal?.addEventListener('abort', stop, { once: true });
  return { happens, end: () => signal?.removeEventListener('abort', stop) };
}
