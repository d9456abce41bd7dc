import { useEffect, useState } from 'preact/hooks';

/** As many are put on the page without anybody noticing. */
const AT_ONCE = 40;

/** A long list bit by bit, so that the page goes on answering while a thousand pictures come. */
export function useGradually<T>(list: readonly T[]): readonly T[] {
  const [count, setCount] = useState(AT_ONCE);
  useEffect(() => {
    if (count >= list.length) return;
    const timer = setTimeout(() => setCount(count + AT_ONCE), 16);
    return () => clearTimeout(timer);
  }, [count, list.length]);
  return list.slice(0, count);
}
