import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { bundleCommand } from '../../scripts/bundleCommand.mjs';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The cache that a test file's commands share, as a user's do: without it, each would make its machine code anew. */
const COMMON_CACHE = mkdtempSync(join(tmpdir(), 'cyclegan-test-cache-'));
afterAll(() => rmSync(COMMON_CACHE, { recursive: true, force: true }));

/**
 * Runs the built command in a folder of its own and waits for it.
 * @param cache The command's cache folder; empty for none.
 * @param options With `input`, that is its standard input, and its standard output is bytes, a character each; `uid` is the
 * user that it runs as.
 */
export function runCommand(
  file: string,
  args: readonly string[],
  cwd: string,
  cache = COMMON_CACHE,
  { input, uid }: { readonly input?: Uint8Array; readonly uid?: number } = {},
): Promise<CommandResult> {
  const env = { ...process.env, CYCLEGAN_CACHE: cache };
  const encoding = input === undefined ? 'utf8' : 'latin1';
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [file, ...args],
      { cwd, env, encoding, ...(uid === undefined ? {} : { uid }) },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr });
      },
    );
    if (input !== undefined) child.stdin?.end(input);
  });
}

/** An empty folder, and what removes it. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'cyclegan-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A picture that takes no time to translate. */
export const SMALL_PICTURE = {
  width: 20,
  height: 12,
  data: new Uint8Array(720).map((_, i) => (i * 7) % 256),
};

export interface CommandInFolders {
  /** The built command. */
  readonly file: string;
  /** A path in the current test's folder; without names, the folder. Before the first test, a folder of its own. */
  at(...names: readonly string[]): string;
  /** Runs the command in that folder. */
  run(...args: readonly string[]): Promise<CommandResult>;
}

/** So long may bundling take on a machine that does much else. */
const BUNDLE_MS = 120_000;

/** For a whole test file: builds the command once, and gives each test an empty folder to run it in. */
export function commandInFolders(): CommandInFolders {
  const home = temporaryFolder();
  const file = join(home.path, 'cyclegan.mjs');
  let count = 0;
  let folder = '';
  const enterFolder = () => {
    folder = join(home.path, String(count++));
    mkdirSync(folder);
  };
  beforeAll(() => {
    enterFolder();
    return bundleCommand(file);
  }, BUNDLE_MS);
  beforeEach(enterFolder);
  afterAll(home.remove);
  return {
    file,
    at: (...names) => join(folder, ...names),
    run: (...args) => runCommand(file, args, folder),
  };
}
