import type { DecodeNote } from '../../image/note.js';

/** What to do about a note, in words of the command. */
const REMEDIES: Readonly<Record<DecodeNote['kind'], string>> = {
  damaged: '--strict refuses such files',
  turned: '--auto-orient turns it',
};

/** Whether a note is one that a decoder made, which has a remedy. */
export function isDecodeNote(note: { readonly kind: string }): note is DecodeNote {
  return Object.hasOwn(REMEDIES, note.kind);
}

/** One line about a picture for standard error; `null` when its decoder had nothing to tell. */
export function formatNotes(name: string, notes: readonly DecodeNote[]): string | null {
  if (notes.length === 0) return null;
  const remedies = new Set(notes.map(({ kind }) => REMEDIES[kind]));
  const told = notes.map(({ message }) => message.replace(/\.$/, ''));
  return `${name}: ${told.join('; ')}; ${[...remedies].join(', ')}.`;
}
