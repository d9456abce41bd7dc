import { AbortError, ShapeError } from '../errors.js';
import type { AbortSignalLike } from './webTypes.js';

/** What work is rejected with once `signal` has fired: the signal's reason, as `fetch` has it. */
export function abortReason(signal: AbortSignalLike | undefined): unknown {
  return signal?.reason ?? new AbortError();
}

/** @throws The signal's reason, once it has fired. */
export function throwIfAborted(signal: AbortSignalLike | undefined): void {
  if (signal?.aborted) throw abortReason(signal);
}

/**
 * Not every caller has a compiler that checks.
 * @throws ShapeError for what is no AbortSignal.
 */
export function checkSignal(signal: unknown): void {
  if (signal === undefined) return;
  const { addEventListener }: { addEventListener?: unknown } = Object(signal);
  if (typeof addEventListener === 'function') return;
  throw new ShapeError('signal is that of an AbortController, but got something else.');
}

/** Whether work ended with `error` because `signal` has fired. */
export function isAbortion(error: unknown, signal: AbortSignalLike | undefined): boolean {
  return error instanceof AbortError || (signal?.aborted === true && error === abortReason(signal));
}

/** A promise that fails when `signal` fires, and what stops listening. */
export function abortionOf(signal: AbortSignalLike | undefined): {
  readonly happens: Promise<never>;
  readonly end: () => void;
} {
  let stop = (): void => undefined;
  const happens = new Promise<never>((_, reject) => {
    stop = () => reject(abortReason(signal));
  });
  happens.catch(() => undefined);
  if (signal?.aborted) stop();
  else signal?.addEventListener('abort', stop, { once: true });
  return { happens, end: () => signal?.removeEventListener('abort', stop) };
}
