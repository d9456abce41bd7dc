import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const library = new URL('../../dist/index.js', import.meta.url);

/** A program that hangs must not outlive the tests. */
const MAX_MS = 1_800_000;

/**
 * Runs a program of its own that has all of the built library as `library`: what a process does as a whole is Node's affair,
 * not vitest's. It is given as text (`--input-type`), which worker threads must not take over.
 */
export function runProgram(
  text: string,
  timeout = MAX_MS,
): Promise<{ status: number | null; output: string }> {
  const source = `import * as library from ${JSON.stringify(library.href)};\n${text}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    cwd: fileURLToPath(new URL('.', library)),
    timeout,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      output += part;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}
