import fs, {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { beginScratch, type ScratchFile } from '../../src/platform/scratchFile.js';
import { readJournalHeader, writeJournal } from '../../src/platform/scratchJournal.js';

/** Journals beside scratch files in folders that others can write to, and on disks that fail. */

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cyclegan-journal-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const HEADER = { key: 'abc', step: 1, fileBytes: 0, choice: '{}' };
const PARTS = [Uint8Array.of(1, 2, 3)];

/** What a run that was ended leaves. */
function leave(): { readonly data: string; readonly journal: string } {
  const file = beginScratch(folder, 1);
  writeJournal(file.journal, HEADER, PARTS);
  file.remove();
  const [journal, data] = readdirSync(folder).sort();
  return { data: join(folder, data), journal: join(folder, journal) };
}

describe('a journal', () => {
  it('is written to no file that a link of its name leads to', () => {
    const [own, path] = [join(folder, 'own'), join(folder, 'a.journal')];
    writeFileSync(own, 'kept');
    symlinkSync(own, `${path}-new`);
    writeJournal(path, HEADER, PARTS);
    expect(readFileSync(own, 'utf8')).toBe('kept');
    expect(readJournalHeader(path)).toEqual(HEADER);
  });

  it('that its disk has no room for leaves the one before it, and nothing else', () => {
    const path = join(folder, 'a.journal');
    writeJournal(path, HEADER, PARTS);
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    vi.spyOn(fs, 'writeSync').mockImplementationOnce(() => {
      throw full;
    });
    expect(() => writeJournal(path, { ...HEADER, step: 2 }, PARTS)).toThrow(full);
    expect(readdirSync(folder)).toEqual(['a.journal']);
    expect(readJournalHeader(path)).toEqual(HEADER);
  });
});

describe('what a run that was ended has left', () => {
  let file: ScratchFile;

  it('is taken over by its user, and not where its file is a link', () => {
    const { data } = leave();
    const own = join(folder, 'own');
    writeFileSync(own, 'kept');
    rmSync(data);
    symlinkSync(own, data);
    file = beginScratch(folder, 1, { resume: true });
    expect(file.adopt(HEADER.key)).toBe(false);
    file.remove();
    leave();
    file = beginScratch(folder, 1, { resume: true });
    expect(file.adopt(HEADER.key)).toBe(true);
    file.forget();
    file.remove();
    expect(readFileSync(own, 'utf8')).toBe('kept');
  });

  it('by another user, who shares the folder, is left alone', () => {
    const { data, journal } = leave();
    const user = vi.spyOn(process, 'getuid').mockReturnValue(12_345);
    file = beginScratch(folder, 1, { resume: true });
    expect(file.adopt(HEADER.key)).toBe(false);
    file.remove();
    user.mockRestore();
    expect([data, journal].every((path) => existsSync(path))).toBe(true);
  });

  it('tells that a file has taken the place of another, though its journal was gone by then', () => {
    const { data } = leave();
    writeFileSync(data, 'values');
    file = beginScratch(folder, 1, { resume: true });
    const { renameSync } = fs;
    vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
      if (String(from).endsWith('.journal')) rmSync(from);
      renameSync(from, to);
    });
    expect(file.adopt(HEADER.key)).toBe(true);
    expect(file.isLeft).toBe(false);
    expect(readFileSync(file.path, 'utf8')).toBe('values');
    file.remove();
    expect(readdirSync(folder)).toEqual([]);
  });
});
