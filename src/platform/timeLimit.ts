/**
 * Waits for something, but no longer than that. What fails has happened, too: the caller goes on either way.
 * @returns Whether it has happened.
 */
export function happensWithin(milliseconds: number, happening: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), milliseconds);
    const end = () => {
      clearTimeout(timer);
      resolve(true);
    };
    happening.then(end, end);
  });
}
