// What the scripts that look at pages in a browser share: checks that are counted, and the last line that tells them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const CHROMIUM = '/usr/bin/chromium';

/** For what a script writes; it is gone after `runChecks`. */
export const folder = mkdtempSync(join(tmpdir(), 'cyclegan-browser-'));

const counts = { passed: 0, failed: 0, skipped: 0 };

/** Runs a script's checks and tells how many held; none at all is a failure. */
export async function runChecks(main) {
  try {
    await main();
  } catch (error) {
    fail('the test itself', error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
}

/** Whether `action` ended without an error; what it returns is printed as a remark. */
export async function check(name, action) {
  try {
    const remark = await action();
    counts.passed++;
    console.log(`ok      ${name}${remark ? `: ${remark}` : ''}`);
    return true;
  } catch (error) {
    fail(name, error);
    return false;
  }
}

function fail(name, error) {
  counts.failed++;
  // What was thrown in a page comes with its stack, of which the first line says all; what the
  // bundler says, with the reasons on the lines after it.
  const lines = error.errors?.map(({ text }) => text) ?? [error.message.split('\n')[0]];
  console.log(`FAILED  ${name}: ${lines.join('; ')}`);
}

export function skip(name) {
  counts.skipped++;
  console.log(`skipped ${name}`);
}
