import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { Interruption } from '../../src/cli/interruption.js';
import { cleanUpOnSignals } from '../../src/cli/signals.js';
import { writeFileAtomic } from '../../src/platform/files.js';
import { temporaryFolder } from '../support/command.js';

const folder = temporaryFolder();

afterEach(() => {
  vi.restoreAllMocks();
  folder.remove();
});

it('has the first signal complete what is being written, and leaves the second to the process', async () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  cleanUpOnSignals();
  const interruption = new Interruption();
  const before = process.listenerCount('SIGTERM');
  const path = join(folder.path, 'out.png');
  function* pieces() {
    yield Uint8Array.of(1);
    process.emit('SIGTERM', 'SIGTERM');
    yield Uint8Array.of(2);
  }
  try {
    await writeFileAtomic(path, pieces(), { replace: false });
    expect(interruption.signal.aborted).toBe(true);
    expect([...readFileSync(path)]).toEqual([1, 2]);
    expect(kill).not.toHaveBeenCalled();
    await nextTurn();
    await nextTurn();
    expect(process.listenerCount('SIGTERM')).toBe(before - 1);
  } finally {
    interruption.end();
  }
});
