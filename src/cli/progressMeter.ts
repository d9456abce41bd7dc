import type { FetchProgress } from '../platform/fetchBytes.js';
import type { Terminal } from './terminal.js';

/** A line about how far a download is, ten times per second. */
export function meter(name: string, terminal: Terminal): (progress: FetchProgress) => void {
  const begin = performance.now();
  let first: number | null = null;
  let shown = Number.NEGATIVE_INFINITY;
  return ({ received, total }) => {
    const now = performance.now();
    first ??= received;
    if (now - shown < 100) return;
    shown = now;
    const speed = (received - first) / Math.max(1, now - begin) / 1000;
    const share = total === null ? '' : ` of ${megabytes(total)}, ${percent(received, total)}`;
    terminal.progress(
      `${name}  ${megabytes(received)}${share}  ${speed.toFixed(1)} MB/s`.trimStart(),
    );
  };
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function percent(part: number, whole: number): string {
  return `${whole === 0 ? 100 : Math.floor((100 * part) / whole)} %`;
}
