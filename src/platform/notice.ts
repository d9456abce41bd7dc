import { builtin } from './builtin.js';

type Listener = (text: string) => void;

let listener: Listener = warn;
const told = new Set<string>();

/**
 * Tells once per process that something works less well than it could, why, and how to mend it: as a warning of the process
 * in Node, which `process.on('warning')` gets, and on the console elsewhere.
 */
export function noticeOnce(text: string): void {
  if (told.has(text)) return;
  told.add(text);
  listener(text);
}

/** Has notices go elsewhere, as to a terminal. */
export function listenToNotices(other: Listener): void {
  listener = other;
}

function warn(text: string): void {
  if (builtin('fs') !== null) globalThis.process.emitWarning(text, 'CycleganWarning');
  else console.warn(`cyclegan-ts: ${text}`);
}
