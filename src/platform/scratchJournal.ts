import { requireBuiltin } from './builtin.js';
import { textOf, utf8Bytes } from './text.js';

/** How far a run came whose values lie in a scratch file. */
export interface JournalHeader {
  /** A digest of all that decides what the run computes, and where its values lie. */
  readonly key: string;
  /** The first of the run's steps that is yet to be done. */
  readonly step: number;
  /** How long the scratch file was. */
  readonly fileBytes: number;
  /** What the program was made with that other processes may choose otherwise. */
  readonly choice: string;
}

/** Others are of versions that keep other things, or keep them elsewhere. */
const FORMAT = 'cyclegan-ts run 1';
const DIGEST_BYTES = 32;
/** A header is one line of JSON, and no longer. */
const MAX_HEADER_BYTES = 4096;
const PIECE_BYTES = 2 ** 20;

/** What a journal is called before it is complete. */
export const UNFINISHED_SUFFIX = '-new';

/**
 * Writes a journal in the place of the one before it, in one step: a line of JSON, what else the run has in memory, and the SHA-256 of both.
 * It is there for runs whose process is killed, and not for machines that lose power: files are not forced to the disk.
 * @throws What keeps it from being written; nothing but the one before it is left then.
 */
export function writeJournal(
  path: string,
  header: JournalHeader,
  parts: readonly Uint8Array[],
): void {
  const fs = requireBuiltin('fs', 'A scratch file');
  const hash = requireBuiltin('crypto', 'A scratch file').createHash('sha256');
  const bytes = sum(parts.map(({ length }) => length));
  const line = utf8Bytes(`${JSON.stringify({ format: FORMAT, ...header, bytes })}\n`);
  const unfinished = path + UNFINISHED_SUFFIX;
  fs.rmSync(unfinished, { force: true });
  // Others may write to the folder: what they have put there meanwhile, a link among them, is not written to.
  const file = fs.openSync(unfinished, 'wx', 0o600);
  try {
    try {
      for (const part of [line, ...parts]) {
        hash.update(part);
        writeAll(file, part);
      }
      writeAll(file, hash.digest());
    } finally {
      fs.closeSync(file);
    }
    fs.renameSync(unfinished, path);
  } catch (error) {
    fs.rmSync(unfinished, { force: true });
    throw error;
  }
}

/** What a journal says, which may be damaged all the same; `null` for what is none. */
export function readJournalHeader(path: string): JournalHeader | null {
  return withFile(path, (file) => readHeader(file)?.header ?? null);
}

/**
 * Reads what a run had in memory, once all of the journal is known to be as it was written.
 * @param partsOf Where the parts go, by the header; `null` refuses it.
 * @returns The header; `null` for a journal that is damaged, or refused: nothing was read then.
 */
export function restoreJournal(
  path: string,
  partsOf: (header: JournalHeader) => readonly Uint8Array[] | null,
): JournalHeader | null {
  return withFile(path, (file) => {
    const read = readHeader(file);
    if (read === null || !isIntact(file, read.start + read.bytes)) return null;
    const parts = partsOf(read.header);
    if (parts === null || sum(parts.map(({ length }) => length)) !== read.bytes) return null;
    let at = read.start;
    for (const part of parts) {
      if (!readAll(file, part, at)) return null;
      at += part.length;
    }
    return read.header;
  });
}

interface ReadHeader {
  readonly header: JournalHeader;
  /** Where what was in memory begins, and how much it is. */
  readonly start: number;
  readonly bytes: number;
}

function readHeader(file: number): ReadHeader | null {
  const fs = requireBuiltin('fs', 'A scratch file');
  const begin = new Uint8Array(MAX_HEADER_BYTES);
  const length = fs.readSync(file, begin, 0, begin.length, 0);
  const end = begin.subarray(0, length).indexOf(10);
  if (end < 0) return null;
  const { format, key, step, fileBytes, choice, bytes } = parse(textOf(begin.subarray(0, end)));
  const areCounts = [step, fileBytes, bytes].every(
    (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  );
  if (format !== FORMAT || !areCounts) return null;
  const texts = { key: String(key), choice: String(choice) };
  const header = { ...texts, step: Number(step), fileBytes: Number(fileBytes) };
  return { header, start: end + 1, bytes: Number(bytes) };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    // It was damaged.
    return {};
  }
}

/** Whether a digest follows after so many bytes, and is that of these bytes. */
function isIntact(file: number, bytes: number): boolean {
  const { fstatSync } = requireBuiltin('fs', 'A scratch file');
  const hash = requireBuiltin('crypto', 'A scratch file').createHash('sha256');
  if (fstatSync(file).size !== bytes + DIGEST_BYTES) return false;
  const piece = new Uint8Array(Math.min(PIECE_BYTES, bytes));
  for (let at = 0; at < bytes; at += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, bytes - at));
    if (!readAll(file, part, at)) return false;
    hash.update(part);
  }
  const digest = new Uint8Array(DIGEST_BYTES);
  if (!readAll(file, digest, bytes)) return false;
  return hash.digest().every((byte, i) => byte === digest[i]);
}

/** @returns What `read` makes of an open file; `null` where there is none that can be read. */
function withFile<T>(path: string, read: (file: number) => T | null): T | null {
  const fs = requireBuiltin('fs', 'A scratch file');
  let file = -1;
  try {
    file = fs.openSync(path, 'r');
    return read(file);
  } catch {
    // Gone meanwhile, another user's, or on a disk that fails: a run that cannot go on begins anew.
    return null;
  } finally {
    if (file >= 0) fs.closeSync(file);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  const { writeSync } = requireBuiltin('fs', 'A scratch file');
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done);
  }
}

/** @returns Whether there was so much. */
function readAll(file: number, bytes: Uint8Array, position: number): boolean {
  const { readSync } = requireBuiltin('fs', 'A scratch file');
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(file, bytes, done, bytes.length - done, position + done);
    if (read === 0) return false;
    done += read;
  }
  return true;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
