import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

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
 * @param options With `input`, that is its standard input, and its standard output is bytes, a character each.
 */
export function runCommand(
  file: string,
  args: readonly string[],
  cwd: string,
  cache = COMMON_CACHE,
  { input }: { readonly input?: Uint8Array } = {},
): Promise<CommandResult> {
  const env = { ...process.env, CYCLEGAN_CACHE: cache };
  const encoding = input === undefined ? 'utf8' : 'latin1';
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [file, ...args],
      { cwd, env, encoding },
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
