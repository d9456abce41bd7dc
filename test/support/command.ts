import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command in a folder of its own and waits for it; without a cache, unless one is named. */
export function runCommand(
  file: string,
  args: readonly string[],
  cwd: string,
  cache = '',
): Promise<CommandResult> {
  const env = { ...process.env, CYCLEGAN_CACHE: cache };
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { cwd, env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** An empty folder, and what removes it. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'cyclegan-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
