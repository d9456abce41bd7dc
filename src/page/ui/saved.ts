import { effect, type Signal, signal } from '@preact/signals';

/**
 * A signal whose value is there again on the next visit. A browser that keeps nothing, in a private window say, does no harm.
 * @param read Of what was kept, which may be anything; `null`: it is of no use.
 */
export function savedSignal<T>(
  key: string,
  initial: T,
  read: (kept: unknown) => T | null,
): Signal<T> {
  const value = signal(keptValue(key, read) ?? initial);
  effect(() => {
    const text = JSON.stringify(value.value);
    try {
      localStorage.setItem(key, text);
    } catch {
      // Settings are then those of this visit.
    }
  });
  return value;
}

function keptValue<T>(key: string, read: (kept: unknown) => T | null): T | null {
  try {
    const text = localStorage.getItem(key);
    return text === null ? null : read(JSON.parse(text));
  } catch {
    return null;
  }
}
