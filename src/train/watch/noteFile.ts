import { openFile } from '../../platform/byteSource.js';
import { isRegularFile, writeFileAtomic } from '../../platform/files.js';
import type { ReportNote } from './reportPage.js';

/** So many notes are kept: the newest. */
const MAX_NOTES = 50;
/** Notes are sentences; a longer file is none of ours, and is not read. */
const MAX_FILE_BYTES = 1 << 18;

/** What a run has to tell, as a file of a line each: a run that goes on tells it again. */
export class NoteFile {
  readonly #path: string;
  #notes: readonly ReportNote[];
  #isWritten = true;

  /** @param isKept Whether notes of an earlier call are read. */
  static async begin(path: string, isKept: boolean): Promise<NoteFile> {
    return new NoteFile(path, isKept && (await isRegularFile(path)) ? await readNotes(path) : []);
  }

  private constructor(path: string, notes: readonly ReportNote[]) {
    this.#path = path;
    this.#notes = notes.slice(-MAX_NOTES);
  }

  get notes(): readonly ReportNote[] {
    return this.#notes;
  }

  /** @returns Whether it is new: iterations that are done again tell the same again. */
  add(note: ReportNote): boolean {
    const isKnown = this.#notes.some((known) => lineOf(known) === lineOf(note));
    if (isKnown) return false;
    this.#notes = [...this.#notes, note].slice(-MAX_NOTES);
    this.#isWritten = false;
    return true;
  }

  /** @throws FileError when it cannot be written. */
  async write(): Promise<void> {
    if (this.#isWritten) return;
    this.#isWritten = true;
    const lines = this.#notes.map((note) => `${lineOf(note)}\n`).join('');
    await writeFileAtomic(this.#path, new TextEncoder().encode(lines), { replace: true });
  }
}

function lineOf({ iteration, kind, text }: ReportNote): string {
  return JSON.stringify({ iteration, kind, text });
}

/** Lines that are no notes are passed over: nothing that is trained depends on them. */
async function readNotes(path: string): Promise<ReportNote[]> {
  const file = await openFile(path);
  if (file.size > MAX_FILE_BYTES) return [];
  const text = new TextDecoder().decode(await file.read(0, file.size));
  return text.split('\n').flatMap((line) => readNote(line) ?? []);
}

function readNote(line: string): ReportNote | null {
  try {
    const { iteration, kind, text } = JSON.parse(line) as Partial<Record<string, unknown>>;
    const isKind = kind === 'note' || kind === 'alert';
    return Number.isSafeInteger(iteration) && isKind && typeof text === 'string'
      ? { iteration: iteration as number, kind, text }
      : null;
  } catch {
    return null;
  }
}
