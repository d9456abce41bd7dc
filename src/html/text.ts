import { printable } from '../platform/printable.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that may come from a file, for an element or a quoted attribute; what cannot be seen is shown. */
export function text(raw: string): string {
  return printable(raw).replace(/[&<>"']/g, (c) => ENTITIES[c]);
}

/** A time, as pages and the command tell it. */
export function seconds(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds.toFixed(0)} ms`;
  if (milliseconds < 120_000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return `${(milliseconds / 60_000).toFixed(1)} min`;
}
