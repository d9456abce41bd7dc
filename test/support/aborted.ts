import { expect } from 'vitest';

/** Asserts that work was rejected with what its signal gives as the reason, once it has fired. */
export async function expectAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const end: unknown = await work.then(
    () => 'no error',
    (error: unknown) => error,
  );
  expect(signal.aborted).toBe(true);
  expect(end).toBe(signal.reason);
}
